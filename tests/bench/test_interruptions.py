"""Kill and interrupt `orps bench`: it continues, pays for nothing twice, and comes to the same results."""

from __future__ import annotations

import json
import shlex
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio

from orps_agent import Agent, SearchConfig
from orps_agent.bench import Record
from orps_agent.bench.datasets import load_tasks, open_dataset
from orps_agent.bench.plan import Plan
from orps_agent.bench.runner import run_bench
from tests.support.processes import begin, interrupt_twice, server, wait_for
from tests.support.samples import settings

FACTORS = (3, 4)
NUMBERS = {"samples": "3", "rounds": "2", "beam": "1", "winner_order": "pass_rate,rho", "temperature": "0.7"}
CALLS = len(FACTORS) * 12
"""3 candidates, then 3 below the best of them, of two calls each."""
REAL = 3
"""Real tests of a problem; on the last one a candidate that is not the winner sleeps for two seconds."""


def data(folder: Path) -> Path:
    """Problems whose weak test is the first real one: times(n) is so many times n."""
    folder.mkdir()
    for split, count in (("dev", 1), ("test", REAL)):
        rows = ["task_id,instruction,completion,test_setup,test_list"]
        for factor in FACTORS:
            tests = [f"assert times({n}) == {factor * n}" for n in range(3, 3 + count)]
            rows.append(
                f'{factor},"Write times(n): {factor} times n.","def times(n):\n    return {factor} * n",,"{tests}"'
            )
        (folder / f"{split}.csv").write_text("\n".join(rows) + "\n")
    return folder


def rules() -> list[dict[str, object]]:
    """Wrong or half right at first, right below; for the factor 4 one of the wrong ones is slow where it is judged."""
    found: list[dict[str, object]] = []
    for factor in FACTORS:
        asked = {"role": "programmer", "contains": f"{factor} times n", "delay": 0.2}
        slow = "import time\n    time.sleep(2 * (n == 5))\n    " if factor == 4 else ""
        bodies = [f"return {factor} * n", f"{slow}return 0 if n == 3 else n", "return None"]
        found += [
            asked | {"hint": hint, "reply": f"```python\ndef times(n):\n    {body}\n```"}
            for hint, body in zip(("Write every step out", "does the least work", "Keep the code"), bodies, strict=True)
        ]
    judged = {"role": "critic", "delay": 0.2}
    return [
        *found,
        judged | {"contains": "1 of 1 tests passed", "reply": "Right.\nSCORE: 4"},
        judged | {"reply": "Wrong.\nSCORE: 1"},
    ]


def arguments(folder: Path, url: str) -> list[str]:
    numbers = [word for name, value in NUMBERS.items() for word in ("--set", f"{name}={value}")]
    named = ["--model", "served", "--base-url", url, "--format", "json"]
    return ["bench", str(folder / "data"), "--methods", "orps", *numbers, *named]


def asked(log: Path) -> list[tuple[str, int]]:
    """Return problem and seed, which names the place in the tree, of every call that the server got."""
    bodies = [json.loads(line) for line in log.read_text().splitlines()]
    return [
        (next(str(factor) for factor in FACTORS if f"{factor} times n" in str(body["messages"])), body["seed"])
        for body in bodies
    ]


def answered(database: Path) -> set[tuple[str, int]]:
    """Likewise of every call whose reply is stored."""
    query = (
        "SELECT json_extract(problem, '$.id'), json_extract(parameters, '$.seed') FROM model_calls JOIN searches"
        " ON searches.id = search WHERE model_calls.status = 'answered'"
    )
    with closing(sqlite3.connect(database)) as connection:
        return {(str(name).rpartition("/")[2], seed) for name, seed in connection.execute(query)}


def judging(database: Path) -> bool:
    """Return True while a solution runs on the real tests, after its search."""
    query = "SELECT count(*) FROM executions WHERE stage = 'bench' AND status = 'asked'"
    with closing(sqlite3.connect(database)) as connection:
        return bool(connection.execute(query).fetchone()[0])


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def lasting(record: Record) -> dict[str, Any]:
    """Return the part of a record that does not depend on time."""
    told = record.model_dump(exclude={"winner", "gold", "seconds", "samples"})
    return told | {"samples": [each.model_dump(exclude={"omega"}) for each in record.samples]}


async def in_this_process(folder: Path, url: str, database: str) -> list[Record]:
    """Do the same run, or what is left of it."""
    base = SearchConfig.model_validate(NUMBERS | {"winner_order": NUMBERS["winner_order"].split(",")})
    entries = Plan(["orps"], base, "served", "served").entries([load_tasks(open_dataset(folder / "data"))])

    async def unheard(_: Record) -> None:
        """Ignore the event: the outcome has them all."""

    async with Agent(settings(folder, model="served", base_url=url, db=folder / database)) as agent:
        return list((await run_bench(agent, entries, tell=unheard)).records)


def test_killed_and_interrupted_a_bench_repeats_no_finished_call_and_comes_to_the_same(tmp_path: Path) -> None:
    data(tmp_path / "data")
    database = tmp_path / "orps.db"
    with server(tmp_path, *rules()) as (url, log):
        whole = anyio.run(in_this_process, tmp_path, url, "whole.db")
        assert len(asked(log)) == len(set(asked(log))) == CALLS
        log.write_text("")

        with begin(tmp_path, *arguments(tmp_path, url)):
            wait_for(log, CALLS // 2)
        before, known = len(asked(log)), answered(database)
        assert 0 < len(known) < CALLS

        with begin(tmp_path, *arguments(tmp_path, url)) as run:
            until(lambda: len(answered(database)) == CALLS and judging(database))
            run.send_signal(signal.SIGTERM)
            run.wait(30)
        assert run.returncode == 128 + signal.SIGTERM, run.stderr
        assert "Traceback" not in run.stderr
        assert not known & set(asked(log)[before:])
        (goes_on,) = (line for line in run.stderr.splitlines() if line.startswith("to continue: "))
        assert shlex.split(goes_on.removeprefix("to continue: ")) == [
            "orps",
            *arguments(tmp_path, url),
            "--db",
            str(database),
        ]

        calls = len(asked(log))
        again = anyio.run(in_this_process, tmp_path, url, "orps.db")
        assert len(asked(log)) == calls, "there was nothing left to ask"
    assert list(map(lasting, again)) == list(map(lasting, whole))


def test_a_second_signal_stops_a_bench_at_once(tmp_path: Path) -> None:
    data(tmp_path / "data")
    stuck = {"role": "programmer", "reply": "Hm.", "delay": 60}
    with (
        server(tmp_path, stuck) as (url, log),
        begin(tmp_path, *arguments(tmp_path, url)) as run,
    ):
        wait_for(log, 3)
        interrupt_twice(run)
    assert run.returncode == 128 + signal.SIGINT
    assert f"orps bench {tmp_path / 'data'}" in run.stderr
