"""The command as a user runs it: a process of its own, a server that outlives it, signals and kill -9."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.samples import FIRST_HALF_THEN_RIGHT, HALF, script

TASK = (
    "Write double(n): twice n.",
    "--test",
    "double(2) == 4",
    "--test",
    "double(5) == 10",
    "-n",
    "3",
    "-r",
    "2",
    "-k",
    "1",
)
SEARCH = (*TASK, "--held-back", "double(-1) == -2")


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


def test_the_report_says_what_a_user_wants_to_know(tmp_path: Path) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    done = orps(tmp_path, "solve", *SEARCH, "--model", model, "--log", str(tmp_path / "log.jsonl"))
    assert done.returncode == 0, done.stderr
    for words in ("return n + n", "tests passed", "2/2", "held-back tests", "model calls", "orps show"):
        assert words in done.stdout
    assert "round 1 closed" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert len({line["search"] for line in lines}) == 1
    assert {line["candidate"] for line in lines if line["event"] == "candidate_finished"} >= {"0", "1", "2"}
    shown = orps(tmp_path, "show")
    assert "← winner" in shown.stdout
    assert "double" in orps(tmp_path, "list").stdout


def test_json_is_one_document_and_quiet_is_the_bare_code(tmp_path: Path) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    document = json.loads(orps(tmp_path, "solve", *SEARCH, "--model", model, "--json").stdout)
    assert document["winner"]["report"]["results"][0]["verdict"] == "pass"
    quiet = orps(tmp_path, "solve", *SEARCH, "--model", model, "--quiet")
    assert quiet.stdout == document["winner"]["code"]
    assert quiet.stderr == ""


def test_the_exit_code_says_that_the_best_is_not_good_enough(tmp_path: Path) -> None:
    model = script(tmp_path, {"role": "programmer", "reply": HALF})
    done = orps(tmp_path, "solve", *TASK, "--model", model)
    assert done.returncode == 1
    assert "expected 10" in done.stdout


def test_what_a_model_wrote_cannot_steer_the_terminal(tmp_path: Path) -> None:
    evil = "```python\ndef double(n):\n    return n + n  # \x1b]0;owned\x07 [bold]\n```"
    model = script(
        tmp_path, {"role": "programmer", "reply": evil}, critic=[{"role": "critic", "reply": "\x1b[2J [red]\nSCORE: 2"}]
    )
    done = orps(tmp_path, "solve", *TASK, "--model", model)
    shown = orps(tmp_path, "show", "-c", "0")
    for text in (done.stdout, done.stderr, shown.stdout):
        assert "\x1b" not in text
        assert "\x07" not in text
    assert "[bold]" in done.stdout
    assert "[red]" in shown.stdout


@pytest.mark.parametrize("requests", [2, 6, 9])
def test_after_kill_9_nothing_that_was_stored_is_asked_again(tmp_path: Path, requests: int) -> None:
    rules = [rule | {"delay": 0.05 * n} for n, rule in enumerate(FIRST_HALF_THEN_RIGHT, start=1)]
    with server(tmp_path, *rules) as (url, log):
        flags = ("--model", "served", "--base-url", url)
        with subprocess.Popen(command(tmp_path, "solve", *SEARCH, *flags), stderr=subprocess.DEVNULL) as process:
            wait_for(log, requests)
            process.send_signal(signal.SIGKILL)
        before, answered = len(seeds(log)), stored(tmp_path)
        done = orps(tmp_path, "resume", "--last", "--base-url", url, "--json")
        assert done.returncode == 0, done.stderr
        assert not answered & set(seeds(log)[before:])
        usage = json.loads(done.stdout)["usage"]
        assert usage["model_calls"] == len(set(seeds(log))) == 12
        assert len(seeds(log)) <= 12 + usage["possibly_paid_twice"]
        assert usage["reused_model_calls"] >= len(answered)


def test_ctrl_c_stores_what_is_in_flight_and_says_how_to_go_on(tmp_path: Path) -> None:
    slow = {"role": "programmer", "reply": HALF, "delay": 1}
    with server(tmp_path, slow) as (url, log):
        flags = ("--model", "served", "--base-url", url)
        with subprocess.Popen(command(tmp_path, "solve", *TASK, *flags), stderr=subprocess.PIPE, text=True) as process:
            wait_for(log, 3)
            process.send_signal(signal.SIGINT)
            _, error = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "orps resume" in error
        assert "Traceback" not in error
        assert stored(tmp_path) == set(seeds(log))
        assert orps(tmp_path, "resume", "--last", "--base-url", url).returncode == 1
        assert len(seeds(log)) == len(set(seeds(log)))


def test_a_second_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    stuck = {"role": "programmer", "reply": HALF, "delay": 60}
    with server(tmp_path, stuck) as (url, log):
        flags = ("--model", "served", "--base-url", url)
        with subprocess.Popen(command(tmp_path, "solve", *TASK, *flags), stderr=subprocess.PIPE, text=True) as process:
            wait_for(log, 3)
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            while "stopping" not in process.stderr.readline():
                pass
            process.send_signal(signal.SIGINT)
            _, error = process.communicate(timeout=8)
    assert process.returncode == 130
    assert "orps resume" in error


def test_two_processes_cannot_work_on_one_search(tmp_path: Path) -> None:
    slow = {"role": "programmer", "reply": HALF, "delay": 3}
    with server(tmp_path, slow) as (url, log):
        flags = ("--model", "served", "--base-url", url)
        with subprocess.Popen(command(tmp_path, "solve", *TASK, *flags), stderr=subprocess.DEVNULL) as process:
            wait_for(log, 3)
            second = orps(tmp_path, "resume", "--last", "--base-url", url)
            process.kill()
    assert second.returncode == 3
    assert str(process.pid) in second.stderr
    assert os.uname().nodename in second.stderr
