"""The command in a process of its own, against a model server in another one that outlives it."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.samples import script


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "orps_agent", *arguments, "--db", str(folder / "orps.db")]


def orps(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(folder, *arguments), capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def server(folder: Path, *rules: dict[str, object]) -> Iterator[tuple[str, Path]]:
    """A model server in a process of its own: its URL and the log of what it was asked."""
    path = script(folder, *rules).removeprefix("scripted:")
    log = folder / "requests.jsonl"
    log.touch()
    arguments = [sys.executable, "-m", "tests.servers", "--script", path, "--log", str(log)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), log
        finally:
            process.kill()


def seeds(log: Path) -> list[int]:
    """What was asked, by the seed, which names the call's place in the tree."""
    return [json.loads(line)["seed"] for line in log.read_text().splitlines()]


def stored(folder: Path) -> set[int]:
    """The seeds of the calls whose replies are stored."""
    with sqlite3.connect(folder / "orps.db") as connection:
        query = "SELECT json_extract(parameters, '$.seed') FROM model_calls WHERE status = 'answered'"
        found = {row[0] for row in connection.execute(query)}
    connection.close()
    return found


def wait_for(log: Path, requests: int) -> None:
    deadline = time.monotonic() + 30
    while len(log.read_text().splitlines()) < requests:
        assert time.monotonic() < deadline, "the search makes no calls"
        time.sleep(0.01)


def interrupt_twice(process: subprocess.Popen[str]) -> str:
    """Send SIGINT, and again once that is told; what the process says on stderr in between and afterwards."""
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    while "stopping" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=8)
    return error
