"""Build command lines for `orps`, and run them inside the test process where a process of its own adds nothing."""

from __future__ import annotations

import sys

import pytest

from orps_agent import cli

TASK = (
    *("Write double(n): twice n.", "--test", "double(2) == 4", "--test", "double(5) == 10"),
    *("-n", "3", "-r", "2", "-k", "1"),
)
SEARCH = (*TASK, "--held-back", "double(-1) == -2")


def orps_in_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str]:
    """Run a command in this process; return the exit code and what it printed on stderr."""
    monkeypatch.setattr(sys, "argv", ["orps", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return int(ended.value.code or 0), error
