"""Measure whether a bench run keeps its machine busy, and what a kill in the middle of it costs.

    python -m perf.bench --problems 100

A server in a process of its own answers every call after 0.2 s. The run's wall time is compared with that of its
longest search. Then the `orps` command makes the same run into another database, is killed with SIGKILL half-way, and
runs again: no call with a stored reply may be made once more.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio

from orps_agent.agent import Agent
from orps_agent.bench.datasets import load_tasks, open_dataset
from orps_agent.bench.plan import Plan
from orps_agent.bench.record import Record
from orps_agent.bench.runner import run_bench
from orps_agent.settings import SearchConfig, load_settings
from orps_agent.store import CallRecord, SqliteStore

SCRIPT = """
rules:
  - role: critic
    reply: "It could be shorter.\\nSCORE: 3"
    delay: 0.2
  - role: programmer
    delay: 0.2
    replies:
      - "```python\\ndef work(n):\\n    return n + n\\n```"
      - "```python\\ndef work(n):\\n    return n * 3\\n```"
      - "```python\\ndef work(n):\\n    for _ in range(1):\\n        n += n\\n    return n\\n```"
"""
CALLS = 24


@contextmanager
def server(folder: Path) -> Iterator[str]:
    script = folder / "script.yaml"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "tests.support.servers", "--script", str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def dataset(folder: Path, problems: int) -> Path:
    lines = ["task_id,instruction,completion,test_setup,test_list"]
    for n in range(problems):
        tests = [f"assert work({n + k}) == {2 * (n + k)}" for k in range(1, 4)]
        lines.append(f'toy/{n},"Write work(n), number {n}: twice n.","def work(n):\n    return 2 * n",,"{tests}"')
    path = folder / "toy.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


async def run(folder: Path, url: str, problems: int) -> None:
    settings = load_settings(db=folder / "one.db", model="served", base_url=url, max_calls=1000)
    plan = Plan(["orps"], SearchConfig(rounds=3, beam=1), "served", "served", calls=CALLS, regime="real")
    entries = plan.entries([load_tasks(open_dataset(dataset(folder, problems)))])

    async def unheard(_: Record) -> None:
        """Ignore the record: only the time matters."""

    async with Agent(settings) as agent:
        started = time.monotonic()
        outcome = await run_bench(agent, entries, at_once=problems, tell=unheard)
        wall = time.monotonic() - started
    longest = max(record.seconds for record in outcome.records)
    calls = sum(record.calls for record in outcome.records)
    print(f"{len(outcome.records)} searches, {calls} calls: {wall:.1f} s, ", end="")
    print(f"{wall / longest:.2f} times its longest search, which took {longest:.1f} s")


async def tries(database: Path) -> list[CallRecord]:
    """Return every try of every model call."""
    async with SqliteStore(database) as store:
        return [call for row in await store.searches(10_000) for call in await store.calls(row.id)]


def answered(database: Path) -> int:
    return sum(each.status == "answered" for each in anyio.run(tries, database))


def kill(folder: Path, url: str, problems: int) -> None:
    database = folder / "two.db"
    command = [sys.executable, "-m", "orps_agent", "bench", str(dataset(folder, problems)), "--methods", "orps"]
    command += ["--calls", str(CALLS), "--regime", "real", "--set", "rounds=3", "--set", "beam=1"]
    command += ["--base-url", url, "--model", "served", "--db", str(database), "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while not database.exists() or answered(database) < problems * CALLS / 2:
            time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
    before = answered(database)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    made = anyio.run(tries, database)
    replies = Counter(each.effect for each in made if each.status == "answered")
    again = sum(count > 1 for count in replies.values())
    unknown = sum(each.status == "asked" for each in made)
    print(
        f"killed after {before} replies, {replies.total()} in the end: {again} asked again after their reply was ",
        end="",
    )
    print(f"stored, {unknown} because the kill came before it")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=100)
    problems = parser.parse_args().problems
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with server(folder) as url:
            anyio.run(run, folder, url, problems)
            kill(folder, url, problems)


if __name__ == "__main__":
    main()
