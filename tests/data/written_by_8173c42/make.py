"""Make the database of this folder anew, with the commands and the Python API of commit 8173c42.

    .venv/bin/python make.py FOLDER

`.venv` is that commit's environment, with the package and its extra `serve` installed. FOLDER is made anew and holds
the database, its file of checkpoints, the scripts of the models, the dataset of the bench run, and what the commit
itself says of every search (`expected.json`, `exports.json.gz`). It takes some minutes, and runs candidates in the
sandbox.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from orps_agent import Archive, SearchConfig, load_settings, problem_from_words
from orps_agent.client import Client

COMMIT = "8173c42"
WORDS = "Write double(n): twice n."
TESTS = ("double(2) == 4", "double(5) == 10", "double(0) == 0")
GIVEN = (WORDS, *(part for test in TESTS for part in ("--test", test)))
LASTING = ("--set", "winner_order=pass_rate,rho")
"""So that measured times do not decide who wins when the search is gone on with."""
SOON = 60.0
"""Seconds within which everything has to happen that is waited for."""

SCRIPT = """\
# Every reply is decided by hint, round and parent, so that only measured times differ between two runs.
rules:
  - role: tester
    reply: |
      ```python
      assert double(2) == 4
      assert double(3) == 7
      assert double(5) == 10
      assert double(0) == 0
      ```
  - role: programmer  # the repair turn
    contains: [I cannot write that]
    reply: "```python\\ndef double(n):\\n    return int(2 * n)\\n```"
  - role: programmer
    contains: ["# Execution", n * 2, does the least work]
    delay: {delay}
    reply: "A shift.\\n```python\\ndef double(n):\\n    return n << 1\\n```"
  - role: programmer
    contains: ["# Execution", does the least work]
    delay: {delay}
    reply: "A product.\\n```python\\ndef double(n):\\n    return n * 2\\n```"
  - role: programmer
    contains: ["# Execution", Write every step out]
    delay: {delay}
    reply: "Once and again.\\n```python\\ndef double(n):\\n    total = n\\n    total += n\\n    return total\\n```"
  - role: programmer
    contains: ["# Execution"]
    delay: {delay}
    reply: "Twice is a sum.\\n```python\\ndef double(n):\\n    return n + n\\n```"
  - role: programmer
    contains: [Write every step out]
    delay: {delay}
    reply: "Add two.\\n```python\\ndef double(n):\\n    return n + 2\\n```"
  - role: programmer
    contains: [does the least work]
    delay: {delay}
    reply: "Nothing comes to mind.\\n```python\\ndef double(n):\\n    return None\\n```"
  - role: programmer
    contains: [Use as little memory]
    reply: "Say it in words: take n, and take it again. I cannot write that."
  - role: programmer
    contains: [Solve it with recursion]
    fail: reply
  - role: programmer
    contains: [Solve it with a plain loop]
    reply: "Count.\\n```python\\ndef double(n):\\n    for _ in range(1):\\n        n += n\\n    return n\\n```"
  - role: programmer
    contains: [a single return expression]
    reply: "As the tests want it.\\n```python\\ndef double(n):\\n    return {2: 4, 17: 34, 231: 462}[n]\\n```"
  - role: programmer
    delay: {delay}
    reply: "The sum of two.\\n```python\\ndef double(n):\\n    return sum([n, n])\\n```"
  - role: critic  # the repair turn
    contains: [Hard to put a number on it]
    reply: "SCORE: 4"
  - role: critic
    hint: [return None]
    reply: "It returns nothing.\\nSCORE: 1"
  - role: critic
    hint: [return n + 2]
    reply: "Two is not n; it is right for 2 alone.\\nSCORE: 2"
  - role: critic
    hint: [int(2 * n)]
    reply: "Hard to put a number on it."
  - role: critic
    hint: [for _ in range(1)]
    reply: "Nothing is left to improve.\\nSCORE: 4\\n<|good|>"
  - role: critic
    hint: [n << 1]
    reply: "Right, and quick.\\nSCORE: 5"
  - role: critic
    hint: [n * 2]
    reply: "Right, and short.\\nSCORE: 5"
  - role: critic
    hint: [total]
    reply: "Right, and long.\\nSCORE: 3"
  - role: critic
    reply: "Right; it could be shorter.\\nSCORE: 4"
"""
TASKS = (
    ("toy/0", "Write double(n), which returns twice n.", ["assert double(2) == 4", "assert double(5) == 10"]),
    ("toy/1", "Write double(n), for negative numbers too.", ["assert double(-2) == -4", "assert double(4) == 8"]),
)
GOLD = "def double(n):\n    return 2 * n"


class Maker:
    """Hold the folder, and run the commands that write into its database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db = folder / "orps.db"
        self.names: dict[str, str] = {}
        """The id of every search by its name here."""
        self.kinds: dict[str, str] = {}
        """Kind of every search, as text."""
        settings = folder / "settings.toml"
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("ORPS", "OPENAI"))
        }
        self._environment |= {
            "ORPS_CONFIG": str(settings),
            "ORPS_DB": str(self.db),
            "ORPS_CACHE": str(folder / "cache"),
            "ORPS_EXECUTOR__SLOTS": "1",
            "ORPS_EXECUTOR__PROFILE_REPEATS": "3",
            "NO_COLOR": "1",
        }
        settings.touch()
        os.environ.update(self._environment)  # for what is done by the Python API here

    def model(self, name: str) -> str:
        """Return the scripted model of a file of the folder."""
        return f"scripted:{self.folder / name}"

    def orps(self, *arguments: str, codes: Sequence[int] = (0, 1)) -> str:
        """Run a command to its end and return what it printed."""
        run = subprocess.run(
            [sys.executable, "-m", "orps_agent", *arguments],
            env=self._environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode not in codes:
            raise SystemExit(f"{arguments}: {run.returncode}: {run.stdout}{run.stderr}")
        return run.stdout

    @contextmanager
    def begun(self, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
        """Start a command; yields it and the file of what it tells. It is killed at the end if it goes on."""
        with tempfile.TemporaryDirectory() as folder:
            told = Path(folder) / "told"
            with (
                told.open("w") as file,
                subprocess.Popen(
                    [sys.executable, "-m", "orps_agent", *arguments],
                    env=self._environment,
                    cwd=self.folder,
                    stdout=subprocess.DEVNULL,
                    stderr=file,
                    text=True,
                ) as process,
            ):
                try:
                    yield process, told
                finally:
                    process.kill()

    def solve(self, name: str, kind: str, *arguments: str) -> str:
        """Solve a problem by the command, to the search's end."""
        found = json.loads(self.orps("solve", *arguments, "--model", self.model("replies.yaml"), "--new", "--json"))
        return self.keep(name, kind, found["search"])

    def keep(self, name: str, kind: str, search: str) -> str:
        """Remember a search by a name."""
        self.names[name], self.kinds[name] = search, kind
        return search

    def rows(self, query: str, *given: object) -> list[Any]:
        """Return the rows of a query; none before the database has its tables."""
        with closing(sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)) as connection:
            return connection.execute(query, given).fetchall()

    def running(self, pid: int) -> str | None:
        """Return the id of the search that a process works on."""
        found = self.rows("SELECT id FROM searches WHERE owner_pid = ?", pid)
        return found[0][0] if found else None

    def in_second_round(self, pid: int) -> bool:
        """Return True when a search of the process waits for replies in its second round."""
        return bool(
            self.rows(
                "SELECT 1 FROM model_calls JOIN searches ON searches.id = model_calls.search JOIN candidates ON"
                " (candidates.search, candidates.id) = (model_calls.search, model_calls.candidate)"
                " WHERE owner_pid = ? AND round = 1 AND model_calls.status = 'asked'",
                pid,
            )
        )


def until(holds: Callable[[], object], what: str) -> None:
    """Wait until something holds; raises SystemExit when it does not."""
    deadline = time.monotonic() + SOON
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited in vain for {what}")
        time.sleep(0.01)


def finished(maker: Maker) -> None:
    """Searches that came to their end."""
    small = ("-n", "3", "-r", "3", "-k", "1")
    maker.solve("orps", "finished; strategy orps, three rounds", *GIVEN, *small, "--seed", "1")
    maker.solve("mcts", "finished; strategy mcts", *GIVEN, "--strategy", "mcts", "-n", "2", "-r", "3", "--seed", "2")
    maker.solve("written", "finished; without tests, a model wrote them", WORDS, "-n", "3", "-r", "2", "-k", "1")
    held_back = (*GIVEN, "--held-back", "double(-3) == -6", "--held-back", "double(1) == 2")
    split = ("--set", "reasoning=split", "--seed", "4")
    maker.solve("held_back", "finished; held-back tests, thoughts and code in two turns", *held_back, *small, *split)
    states = ("-n", "7", "-r", "2", "-k", "1")
    kind = "finished; repaired, failed, closed and flagged candidates in its first round"
    telling = ("--test", "double(2) == 4", "--test", "double(17) == 34", "--test", "double(231) == 462")
    maker.solve("states", kind, WORDS, *telling, *states, "--seed", "3")
    maker.solve(
        "budget",
        "ended by its budget of 8 model calls, with halted candidates",
        *GIVEN,
        *small,
        *LASTING,
        "--max-calls",
        "8",
    )


def stopped(maker: Maker) -> None:
    """Searches that were stopped while replies were awaited."""
    slow = (*GIVEN, "-n", "3", "-r", "3", "-k", "1", *LASTING, "--model", maker.model("slow.yaml"), "--new", "--quiet")
    with maker.begun("solve", *slow, "--seed", "5") as (process, _):
        until(partial(maker.in_second_round, process.pid), "the second round")
        maker.keep("interrupted", "interrupted by SIGINT in its second round", str(maker.running(process.pid)))
        process.send_signal(signal.SIGINT)
        process.wait(SOON)
    with maker.begun("solve", *slow, "--seed", "6", "--rounds", "5") as (process, _):
        until(partial(maker.in_second_round, process.pid), "the second round")
        search = maker.keep(
            "cancelled", "cancelled by `orps cancel` in its second round", str(maker.running(process.pid))
        )
        maker.orps("cancel", search)
        process.wait(SOON)
    with maker.begun("solve", *slow, "--seed", "7") as (process, _):
        until(partial(maker.in_second_round, process.pid), "the second round")
        maker.keep(
            "killed",
            "killed with SIGKILL in its second round: it still says that it runs",
            str(maker.running(process.pid)),
        )
        process.kill()
        process.wait(SOON)


def forked(maker: Maker) -> None:
    """Make a fork that is not run, by the Python API, and one that is run, by the command."""

    async def fork() -> str:
        async with Archive(load_settings()) as archive:
            code = "def double(n):\n    return n * 2\n"
            return (
                await archive.fork(
                    maker.names["orps"], "0", code=code, changes={"rounds": 2, "winner_order": ["pass_rate", "rho"]}
                )
            ).id

    maker.keep("fork", "fork of `orps` at candidate 0 with other code, not run yet", anyio.run(fork))
    critique = maker.folder / "critique.txt"
    critique.write_text("Think of sums.\n")
    branch = ("--at", "0", "--edit-critique", str(critique), "--set", "seed=8", "--set", "rounds=2")
    found = json.loads(maker.orps("fork", maker.names["orps"], *branch, "--json"))
    maker.keep("fork_run", "fork of `orps` at candidate 0 with another critique, run to its end", found["search"])


def served(maker: Maker) -> None:
    """Kill a service that has a search done, one running, and two in the queue."""

    async def submit(url: str) -> None:
        problem = problem_from_words(WORDS, tests=TESTS)
        one = SearchConfig(samples=1, rounds=1, beam=1)
        many = SearchConfig(samples=2, rounds=3, beam=1, winner_order=("pass_rate", "rho"))
        async with Client(url) as client:
            first = await client.submit(problem, one, client="ann", key="ticket-1")
            maker.keep("served", "submitted to the service, finished", first.id)
            async for _ in client.watch(first.id):
                pass
            second = await client.submit(problem, many, client="ann")
            maker.keep("served_running", "submitted to the service, running when that was killed", second.id)
            third = await client.submit(problem, many, client="ann", priority=-1)
            maker.keep("queued_low", "submitted to the service, in the queue with priority -1", third.id)
            fourth = await client.submit(problem, one, client="bob", priority=5, key="ticket-2")
            maker.keep("queued_high", "submitted to the service, in the queue with priority 5", fourth.id)
            fork = await client.fork(first.id, "0", critique="Use a sum.", config=SearchConfig(rounds=2))
            maker.keep("queued_fork", "fork of `served`, in the queue", fork.id)

    arguments = ("serve", "--port", "0", "--concurrency", "1", "--model", maker.model("slow.yaml"))
    with maker.begun(*arguments) as (process, told):
        until(lambda: "http://" in told.read_text(), "the service")
        found = re.search(r"http://\S+", told.read_text())
        assert found is not None
        anyio.run(submit, found[0])
        until(partial(maker.in_second_round, process.pid), "the second round")
        process.kill()
        process.wait(SOON)


def benched(maker: Maker) -> None:
    """Run a bench over two problems by three methods."""
    dataset = maker.folder / "toy.csv"
    with dataset.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("task_id", "instruction", "completion", "test_setup", "test_list"))
        rows.writerows((task, words, GOLD, "", repr(tests)) for task, words, tests in TASKS)
    known = {row[0] for row in maker.rows("SELECT id FROM searches")}
    budget = ("--calls", "4", "--regime", "real", "--set", "rounds=2", "--set", "beam=1")
    model = ("--model", maker.model("replies.yaml"))
    maker.orps("bench", str(dataset), "--methods", "orps,cot,gold", *budget, *model, "--format", "json")
    made = maker.rows("SELECT search, problem, method FROM bench_records ORDER BY problem, method")
    for search, problem, method in made:
        if search not in known and method != "gold":
            maker.keep(f"bench {problem} {method}", f"of the bench run: {problem} by {method}", search)


def fold(maker: Maker) -> None:
    """Bring what is in the write-ahead logs into the files themselves, and leave the files alone in the folder."""
    for path in (maker.db, maker.db.with_name("orps.db-checkpoints")):
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
            connection.execute("VACUUM")
            assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def statuses(maker: Maker) -> None:
    """Make sure that every search is what it is said to be; raises SystemExit where it is not."""
    found = dict(maker.rows("SELECT id, status FROM searches"))
    wanted = dict.fromkeys(("interrupted", "fork", "queued_low", "queued_high", "queued_fork"), "interrupted")
    wanted |= {"killed": "running", "served_running": "running", "cancelled": "cancelled"}
    for name, search in maker.names.items():
        if found.pop(search) != wanted.get(name, "finished"):
            raise SystemExit(f"{name}, search {search}, is not {wanted.get(name, 'finished')}")
    if found:
        raise SystemExit(f"searches without a name: {found}")


def expected(maker: Maker) -> None:
    """Write down what the commit says of every search, asked on a copy: the database stays as it was left."""
    with _copy(maker) as copy:
        db = ("--db", str(copy))
        listed = {row["id"]: row for row in json.loads(maker.orps("list", "--json", "--limit", "100", *db))}
        told: dict[str, dict[str, Any]] = {}
        exports: dict[str, Any] = {}
        for name, search in maker.names.items():
            told[name] = {
                "id": search,
                "kind": maker.kinds[name],
                "list": listed[search],
                "show": json.loads(maker.orps("show", search, "--json", *db)),
                "replay": _replayed(maker, search, db),
            }
            exports[name] = json.loads(maker.orps("export", search, *db))
        report = json.loads(maker.orps("bench", "report", str(copy), "--format", "json"))
    for name, facts in _resumed(maker).items():
        told[name]["resumed"] = facts
    document = {"commit": COMMIT, "folder": str(maker.folder), "searches": told, "bench_report": report}
    maker.folder.joinpath("expected.json").write_text(_one_line_each(document))
    with gzip.GzipFile(maker.folder / "exports.json.gz", "wb", mtime=0) as file:
        file.write(json.dumps(exports, ensure_ascii=False, indent=1).encode())


@contextmanager
def _copy(maker: Maker) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        for path in maker.folder.glob("orps.db*"):
            shutil.copy(path, name)
        yield Path(name) / "orps.db"


def _replayed(maker: Maker, search: str, db: Sequence[str]) -> dict[str, Any]:
    """Return what the command prints; of the candidates, which it prints in full, the ids alone."""
    found = json.loads(maker.orps("replay", search, "--json", *db))
    lines = maker.orps("replay", search, *db).splitlines()
    ids = {"candidates": [each["id"] for each in found["candidates"]]}
    return {"code": 1 if found["differences"] or found["missing"] else 0, "lines": lines, "document": found | ids}


def _resumed(maker: Maker) -> dict[str, dict[str, Any]]:
    """Resume the searches that have not ended, on a copy in which the quick script answers all."""
    unfinished = ("budget", "fork", "interrupted", "cancelled", "killed", "served_running")
    with _copy(maker) as copy:
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute("UPDATE searches SET programmer = ?1, critic = ?1", (maker.model("replies.yaml"),))
        for name in (*unfinished, "queued_low", "queued_high", "queued_fork"):
            larger = ("--max-calls", "100") if name == "budget" else ()
            maker.orps("resume", maker.names[name], *larger, "--db", str(copy), "--quiet")
        return {
            name: _facts(copy, maker.names[name]) for name in (*unfinished, "queued_low", "queued_high", "queued_fork")
        }


def _facts(database: Path, search: str) -> dict[str, Any]:
    """Return how a search ended, without what depends on measured times."""
    with closing(sqlite3.connect(database)) as connection:
        columns = ("status", "reason", "winner")
        row = connection.execute(f"SELECT {', '.join(columns)} FROM searches WHERE id = ?", (search,)).fetchone()
        kept = ("id", "round", "hint", "status", "passed", "tests", "process", "code")
        tree = connection.execute(
            f"SELECT {', '.join(kept)} FROM candidates WHERE search = ? ORDER BY id", (search,)
        ).fetchall()
    return dict(zip(columns, row, strict=True)) | {"tree": [dict(zip(kept, each, strict=True)) for each in tree]}


def _one_line_each(document: dict[str, Any]) -> str:
    """JSON with a line for every search."""
    searches = document["searches"]
    rest = {name: value for name, value in document.items() if name != "searches"}
    lines = [f" {json.dumps(name)}: {json.dumps(told, ensure_ascii=False)}" for name, told in searches.items()]
    joined = ",\n".join(lines)
    head = json.dumps(rest, ensure_ascii=False)[1:-1]
    return f'{{{head},\n"searches": {{\n{joined}\n}}}}\n'


def main() -> None:
    """Make the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder.absolute()
    folder.mkdir(parents=True)
    for name, delay in (("replies.yaml", 0), ("slow.yaml", 1.5)):
        (folder / name).write_text(SCRIPT.replace("{delay}", str(delay)))
    maker = Maker(folder)
    for step in (finished, forked, stopped, benched, served, statuses, fold, expected):
        step(maker)
    shutil.rmtree(folder / "cache", ignore_errors=True)
    (folder / "settings.toml").unlink()
    for each, search in maker.names.items():
        print(f"{each:20} {search:18} {maker.kinds[each]}")


if __name__ == "__main__":
    main()
