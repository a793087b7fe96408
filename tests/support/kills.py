"""Kill `orps` with SIGKILL, again and again in the same search; count what was lost and what was done twice.

The search is made so that nothing but its measured times depends on time: hints choose the replies, the critic's
scores choose the beam and the winner.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .processes import begin, orps, seeds, server, stored

SEARCH = (
    *("Write double(n): twice n.", "--test", "double(2) == 4", "--test", "double(5) == 10"),
    *("--held-back", "double(-1) == -2", "-n", "3", "-r", "2", "-k", "1", "--seed", "7"),
    *("--set", "reasoning=split", "--set", "winner_order=pass_rate,rho"),
)
CALLS = 18
STAGES = ("reason", "code", "execute", "profile", "critique")
MOMENTS = [
    *((0, stage) for stage in STAGES),
    (1, "select"),
    *((1, stage) for stage in STAGES),
    *((2, stage) for stage in ("judge", "contest")),
]
"""Round and stage, in the order in which a search reaches them; its end counts as one more round."""
_IN_FLIGHT = " UNION ALL ".join(
    f"SELECT candidate, stage FROM {table} WHERE status = 'asked' AND started_at >= ?1"
    for table in ("model_calls", "executions")
)
_SELECTING = "SELECT count(*) > 0 AND sum(status = 'running') = 0 FROM candidates WHERE round = 0"


@dataclass
class KillReport:
    """Hold the observations of one search that was killed again and again."""

    kills: int = 0
    stages: list[list[str]] = field(default_factory=list)
    """For every kill, the stages whose effects were in flight; `select` where there were none."""
    repeated: int = 0
    """Calls that were made again after their reply had been stored. Must be 0."""
    unknown: int = 0
    """Calls that were made again because a kill came before their reply was stored."""
    damaged: int = 0
    """Kills after which SQLite's integrity check reported an error. Must be 0."""
    tree: Any = None


def killed(folder: Path, moments: Sequence[tuple[int, str]], chance: random.Random) -> KillReport:
    """Run a search to its end, with a kill at every one of the moments or a little after it."""
    outcome = KillReport()
    with server(folder, *rules()) as (url, log):
        arguments = ["solve", *SEARCH, "--model", "served", "--base-url", url]
        for moment in moments:
            asked_before, known = len(seeds(log)), stored(folder) if outcome.kills else set()
            began = time.time()
            if not _kill(folder, arguments, moment, chance):
                break
            outcome.kills += 1
            outcome.stages.append(in_flight(folder, began) or ["select"])
            outcome.damaged += _check(folder) != "ok"
            outcome.repeated += len(known & set(seeds(log)[asked_before:]))
            arguments = ["resume", "--last", "--base-url", url]
        asked_before, known = len(seeds(log)), stored(folder)
        if tree(folder)[-1][0] != "finished":
            ended = orps(folder, *arguments)
            assert ended.returncode == 0, ended.stderr
        outcome.repeated += len(known & set(seeds(log)[asked_before:]))
        outcome.unknown = len(seeds(log)) - len(set(seeds(log)))
        assert set(seeds(log)) == stored(folder)
    outcome.tree = tree(folder)
    return outcome


def uninterrupted(folder: Path) -> Any:
    """Run the same search without a kill, and return its tree."""
    with server(folder, *rules()) as (url, log):
        ended = orps(folder, "solve", *SEARCH, "--model", "served", "--base-url", url)
        assert ended.returncode == 0, ended.stderr
        assert len(seeds(log)) == CALLS
    return tree(folder)


def plan(kills: int, chance: random.Random, *, a_search: int = 10) -> list[list[tuple[int, str]]]:
    """Return the moments of so many kills, `a_search` of them at most in one search and there in order.

    Every moment comes up as often as every other one, as far as that is possible.
    """
    drawn: list[tuple[int, str]] = []
    while len(drawn) < kills:
        drawn += chance.sample(MOMENTS, len(MOMENTS))
    parts = [drawn[at : min(kills, at + a_search)] for at in range(0, kills, a_search)]
    return [sorted(part, key=MOMENTS.index) for part in parts]


def carry_out(plans: Sequence[Sequence[tuple[int, str]]], folder: Path, seed: int) -> list[KillReport]:
    """Run all the searches of a plan, two at a time."""

    def one(number: int) -> KillReport:
        own = folder / str(number)
        own.mkdir()
        return killed(own, plans[number], random.Random(f"{seed} {number}"))

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(len(plans))))


def tree(folder: Path) -> Any:
    """Return all data of the search that does not depend on time."""
    with closing(sqlite3.connect(folder / "orps.db")) as connection:
        candidates = connection.execute(
            "SELECT id, round, hint, status, passed, tests, process, reasoning, code, critique, error, report"
            " FROM candidates ORDER BY id"
        ).fetchall()
        search = connection.execute("SELECT status, reason, winner, verification FROM searches").fetchone()
    return [_verdicts(row) for row in (*candidates, search)]


def in_flight(folder: Path, since: float) -> list[str]:
    """Return the stages of the effects that were begun since a Unix time and are not done."""
    with closing(sqlite3.connect(folder / "orps.db")) as connection:
        return sorted({stage for _, stage in connection.execute(_IN_FLIGHT, (since,))})


def rules() -> Iterator[dict[str, object]]:
    """Yield replies by hint and round: half right at best at first, then right, each judged differently."""
    hints = {
        "verbose": ("Write every step out", (("n + 2", 3), ("n * 2", 5))),
        "efficient": ("does the least work", (("None", 1), ("n + 2", 2))),
        "concise": ("Keep the code as short", (("n + 2", 2), ("n + n", 4))),
    }
    for round_, seen in ((1, ["# Execution"]), (0, [])):
        for name, (words, answers) in hints.items():
            returned, score = answers[round_]
            mark = f"# {name} {round_}"
            code = f"```python\ndef double(n):\n    {mark}\n    return {returned}\n```"
            asked = {"role": "programmer", "contains": [words, *seen], "delay": 0.04}
            yield asked | {"hint": "complete solution", "reply": code}
            yield asked | {"reply": f"Think of {mark}."}
            yield {"role": "critic", "contains": [mark], "reply": f"Of {mark}.\nSCORE: {score}", "delay": 0.04}


def _kill(folder: Path, arguments: Sequence[str], moment: tuple[int, str], chance: random.Random) -> bool:
    """Start the command and kill it once it has reached the moment; return False when it ended before that."""
    began, deadline = time.time(), time.monotonic() + 60
    with begin(folder, *arguments) as run:
        while run.poll() is None and not (folder / "orps.db").exists():
            time.sleep(0.01)
        with closing(sqlite3.connect(f"file:{folder / 'orps.db'}?mode=ro", uri=True)) as connection:
            while run.poll() is None and not _reached(connection, run.pid, moment, began):
                assert time.monotonic() < deadline, f"the search never comes to {moment}"
                time.sleep(0.003)
        if moment[1] != "select":  # which takes a few milliseconds only
            time.sleep(chance.choice((0.0, chance.random() * 0.03)))
        ended = run.poll() is not None
        run.kill()
    return not ended


def _reached(connection: sqlite3.Connection, pid: int, moment: tuple[int, str], began: float) -> bool:
    """Return True when the process works on the search, and has reached the moment or passed it."""
    try:
        owned = connection.execute("SELECT 1 FROM searches WHERE owner_pid = ?", (pid,)).fetchone()
        (selecting,) = connection.execute(_SELECTING).fetchone()
        asked = connection.execute(_IN_FLIGHT, (began,)).fetchall()
    except sqlite3.OperationalError:  # no tables yet
        return False
    at = [MOMENTS.index((1, "select"))] if selecting else []
    at += [MOMENTS.index((2 if (2, stage) in MOMENTS else id_.count("."), stage)) for id_, stage in asked]
    return owned is not None and max(at, default=-1) >= MOMENTS.index(moment)


def _check(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "orps.db")) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def _verdicts(row: tuple[Any, ...]) -> list[Any]:
    """Return the row with its report reduced to the verdicts, as captured output may contain times."""
    *others, report = row
    results = json.loads(report)["results"] if report else []
    return [*others, [(each["name"], each["verdict"]) for each in results]]
