"""Run the command as a user does: in a process of its own, with signals, against a server that outlives it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from tests.support.command_line import SEARCH, TASK
from tests.support.processes import begin, interrupt_twice, orps, seeds, server, stored, wait_for
from tests.support.samples import FIRST_HALF_THEN_RIGHT, HALF, script


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
    narrow = orps(tmp_path, "list", COLUMNS="40").stdout.splitlines()
    assert " finished " in narrow[1]
    assert max(map(len, narrow)) <= 40


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


def test_ctrl_c_stores_what_is_in_flight_and_says_how_to_go_on(tmp_path: Path) -> None:
    slow = {"role": "programmer", "reply": HALF, "delay": 1}
    with server(tmp_path, slow) as (url, log):
        flags = ("--model", "served", "--base-url", url)
        with begin(tmp_path, "solve", *TASK, *flags) as run:
            wait_for(log, 3)
            run.send_signal(signal.SIGINT)
            run.wait(30)
        assert run.returncode == 130
        assert "orps resume" in run.stderr
        assert "Traceback" not in run.stderr
        assert stored(tmp_path) == set(seeds(log))
        assert orps(tmp_path, "resume", "--last", "--base-url", url).returncode == 1
        assert len(seeds(log)) == len(set(seeds(log)))


def test_after_a_kill_the_same_command_goes_on_where_it_was(tmp_path: Path) -> None:
    slow = {"role": "programmer", "reply": HALF, "delay": 0.5}
    with server(tmp_path, slow) as (url, log):
        command = ("solve", *TASK, "--model", "served", "--base-url", url)
        with begin(tmp_path, *command) as run:
            wait_for(log, 4)  # the first round's programmers, and a critic: some replies are stored
            run.kill()
        kept = stored(tmp_path)
        (killed,) = json.loads(orps(tmp_path, "list", "--json").stdout)
        again = orps(tmp_path, *command)
        asked = seeds(log)
        anew = [orps(tmp_path, *command, *more) for more in ([], ["--new"], ["--seed", "1"])]
    assert kept
    assert killed["status"] == "interrupted"
    assert "same problem and settings, interrupted earlier" in again.stderr
    assert "reused" in again.stdout
    assert all(asked.count(each) == 1 for each in kept)
    assert not [done for done in anew if "continu" in done.stderr], "it had ended"
    assert len(orps(tmp_path, "list").stdout.splitlines()) == 1 + 4


def test_a_second_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    stuck = {"role": "programmer", "reply": HALF, "delay": 60}
    with server(tmp_path, stuck) as (url, log):
        flags = ("--model", "served", "--base-url", url)
        with begin(tmp_path, "solve", *TASK, *flags) as run:
            wait_for(log, 3)
            interrupt_twice(run)
    assert run.returncode == 130
    assert "orps resume" in run.stderr


def test_two_processes_cannot_work_on_one_search(tmp_path: Path) -> None:
    slow = {"role": "programmer", "reply": HALF, "delay": 30}
    with server(tmp_path, slow) as (url, log):
        flags = ("--model", "served", "--base-url", url)
        with begin(tmp_path, "solve", *TASK, *flags) as run:
            wait_for(log, 3)
            second = orps(tmp_path, "resume", "--last", "--base-url", url)
    assert second.returncode == 3
    assert str(run.pid) in second.stderr
    assert os.uname().nodename in second.stderr
