"""Run the command in a process of its own, against a model server in another one that outlives it."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .runs import Run
from .samples import script


def begin(folder: Path, *arguments: str, **environment: str) -> Run:
    """Start the command, with the database in the folder."""
    return Run("orps", *arguments, "--db", str(folder / "orps.db"), environment=environment)


def orps(folder: Path, *arguments: str, **environment: str) -> Run:
    """Run the command to its end."""
    with begin(folder, *arguments, **environment) as run:
        run.wait()
    return run


@contextmanager
def server(folder: Path, *rules: dict[str, object]) -> Iterator[tuple[str, Path]]:
    """Run a model server in a process of its own; give its URL and the log of its requests."""
    path = script(folder, *rules).removeprefix("scripted:")
    log = folder / "requests.jsonl"
    log.touch()
    with Run("python", "-m", "tests.support.servers", "--script", path, "--log", str(log)) as run:
        while not (told := run.printed()[0]).endswith("\n"):
            assert run.poll() is None, run.printed()
            time.sleep(0.01)
        yield told.strip(), log


def seeds(log: Path) -> list[int]:
    """Return the seeds of the requests; a seed identifies a call's place in the tree."""
    return [json.loads(line)["seed"] for line in log.read_text().splitlines()]


def stored(folder: Path) -> set[int]:
    """Return the seeds of the calls whose replies are stored."""
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


def interrupt_twice(run: Run) -> None:
    """Send SIGINT, and again once the first is acknowledged, and wait for the end."""
    run.send_signal(signal.SIGINT)
    while "stopping" not in run.printed()[1]:
        assert run.poll() is None, run.printed()
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    run.wait(8)
