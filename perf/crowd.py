"""Measure how much of the time the file takes when 100 searches run at once in one process and one file.

    python -m perf.crowd

The same searches, at 0.2 s a model call, run on the file and on a store that keeps everything in memory and costs next
to nothing; the difference is the cost of the file. Both run side by side, each in a process and on a core of its own,
so that other load on the machine affects both; the cores are swapped for the next pair. On a core that executions
fill, idle time cannot hide the cost of the file. The medians over the pairs come with the interval of a sign test.
`Awaited` is the time that the stages of candidates wait for commits and rows, over the wall time.

`--bare` leaves the executions out as well, with the made-up executor: then the file is compared with the search alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import anyio

from orps_agent.domain.problem import TestSuite
from orps_agent.settings import SearchConfig
from orps_agent.store import SqliteStore
from orps_agent.store.memory import MemoryStore
from orps_agent.tools.executor.measurement import compare
from orps_agent.util.cpus import allowed_cores

from .made_up import PROBLEM, agent

# Winners by time would depend on measured times, which would make the number of contests random.
CONFIG = SearchConfig(samples=3, rounds=3, beam=1, winner_order=("pass_rate", "rho"))


@dataclass
class Taken:
    """Hold the times of one process that ran its searches."""

    wall: float = 0.0
    cpu: float = 0.0
    awaited: float = 0.0


async def pairs(turns: int, options: list[str]) -> None:
    cores = allowed_cores()[:2]
    if len(cores) < 2:
        sys.exit("the two processes of a pair need a core each, and there is only one")
    print("seconds on the file, in memory: wall time; CPU time; awaited", flush=True)
    taken: dict[bool, list[Taken]] = {False: [], True: []}

    async def one(core: int, in_memory: bool) -> None:
        where = ["--in-memory"] if in_memory else []
        command = [sys.executable, "-m", "perf.crowd", "--core", str(core), *where, *options]
        taken[in_memory].append(Taken(**json.loads((await anyio.run_process(command, stderr=None)).stdout)))

    for turn in range(turns):
        async with anyio.create_task_group() as tasks:
            for in_memory in (False, True):
                tasks.start_soon(one, cores[(turn + in_memory) % 2], in_memory)
        file, memory = taken[False][-1], taken[True][-1]
        print(
            f"{file.wall:.1f} {memory.wall:.1f}; {file.cpu:.1f} {memory.cpu:.1f}; {100 * file.awaited:.2f}%", flush=True
        )
    for what in ("wall", "cpu"):
        memories, files = ([getattr(each, what) for each in taken[in_memory]] for in_memory in (True, False))
        compared = compare(memories, files)
        interval = f"{_share(compared.low):.1f} to {_share(compared.high):.1f}" if compared.low else "too few pairs"
        print(f"{what} time: the file takes {_share(compared.ratio):.1f}% ({interval})")


def _share(ratio: float) -> float:
    """Convert the ratio of two runs into the share of the file, in percent of its run."""
    return 100 * (1 - 1 / ratio)


async def run(searches: int, *, in_memory: bool, bare: bool) -> Taken:
    """Measure so many searches at once in this process."""
    taken, problem = Taken(), PROBLEM
    if not bare:  # as many tests as a problem of MBPP has
        problem = PROBLEM.model_copy(update={"tests": TestSuite(tests=PROBLEM.tests.tests[1:4])})
    with tempfile.TemporaryDirectory() as folder:
        store = MemoryStore() if in_memory else None
        async with agent(Path(folder) / "orps.db", latency=0.2, runs=not bare, store=store) as opened:
            if isinstance(opened.store, SqliteStore):
                writer, reader = opened.store.writer, opened.store.reader
                vars(writer)["write"] = _clocked(writer.write, taken)
                vars(reader)["rows"] = _clocked(reader.rows, taken)
            wall, cpu = time.perf_counter(), time.process_time()
            async with anyio.create_task_group() as tasks:
                for seed in range(searches):
                    tasks.start_soon(opened.solve, problem, CONFIG.model_copy(update={"seed": seed}))
            taken.wall, taken.cpu = time.perf_counter() - wall, time.process_time() - cpu
            taken.awaited /= searches * CONFIG.samples * taken.wall
    return taken


def _clocked(do: Callable[..., Awaitable[Any]], taken: Taken) -> Callable[..., Awaitable[Any]]:
    async def timed(*given: Any) -> Any:
        started = time.perf_counter()
        try:
            return await do(*given)
        finally:
            taken.awaited += time.perf_counter() - started

    return timed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--searches", type=int, default=100)
    parser.add_argument("--turns", type=int, default=16, help="Pairs; 6 at least for an interval.")
    parser.add_argument("--bare", action="store_true", help="Nothing is executed.")
    parser.add_argument("--core", type=int, help="Only one process of a pair, on this core.")
    parser.add_argument("--in-memory", action="store_true")
    given = parser.parse_args()
    if given.core is None:
        anyio.run(pairs, given.turns, ["--searches", str(given.searches), *["--bare"] * given.bare])
        return
    os.sched_setaffinity(0, [given.core])
    print(json.dumps(asdict(anyio.run(lambda: run(given.searches, in_memory=given.in_memory, bare=given.bare)))))


if __name__ == "__main__":
    main()
