"""Show the live view in a real terminal, wide and narrow."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.support.samples import FIRST_HALF_THEN_RIGHT, script


def in_terminal(columns: int, *command: str, **environment: str) -> str:
    """Return what a command writes to a terminal of this width."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env={**os.environ, "TERM": "xterm-256color", **environment}
    ) as process:
        os.close(slave)
        written = b""
        while True:
            try:
                chunk = os.read(master, 65536)
            except OSError:  # the terminal's other end is closed
                break
            written += chunk
    os.close(master)
    assert process.returncode == 0
    return written.decode()


@pytest.mark.parametrize("columns", [100, 40])
def test_the_live_view_shows_rounds_verdicts_and_calls(tmp_path: Path, columns: int) -> None:
    rules = [rule | {"delay": 0.4} for rule in FIRST_HALF_THEN_RIGHT]
    task = ("Write double(n): twice n.", "--test", "double(2) == 4", "--test", "double(5) == 10", "-n", "2", "-r", "2")
    command = (sys.executable, "-m", "orps_agent", "solve", *task, "--model", script(tmp_path, *rules))
    written = in_terminal(columns, *command, "--db", str(tmp_path / "orps.db"), NO_COLOR="")
    for words in ("round 0", "round 1", "solved", "calls in flight", "best", "tokens"):
        assert words in written
    assert "return" in written
    assert "winner" in written


def test_no_color_means_no_color(tmp_path: Path) -> None:
    task = ("Write double(n): twice n.", "--test", "double(5) == 10", "-n", "1", "-r", "2")
    command = (sys.executable, "-m", "orps_agent", "solve", *task, "--model", script(tmp_path, *FIRST_HALF_THEN_RIGHT))
    written = in_terminal(80, *command, "--db", str(tmp_path / "orps.db"), NO_COLOR="1")
    assert "\x1b[3" not in written.replace("\x1b[3m", "")  # colours start at 30; 3 alone is italics
