"""Measure the cost of LangGraph's checkpoints to a search, and of a resume without them.

    python -m perf.checkpoints searches
    python -m perf.checkpoints resume

`searches` runs searches side by side on the file, with a made-up model and executor: as they are, and with LangGraph's
own saver in a second file beside the database. Both are processes of their own, in turns.

`resume` writes interrupted searches of several sizes into the store and resumes each: CPU seconds until its stored
candidates were told as events, which any resume takes; until `select` has gone through the stored rounds; and until the
first new model call, before which all candidates of the last round are sent out.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import anyio
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from orps_agent.domain.candidate import Candidate, Outline, Status
from orps_agent.domain.events import CallStarted, SearchStarted
from orps_agent.domain.search import Search
from orps_agent.graphs.context import SearchContext
from orps_agent.graphs.search_graph import build_machine
from orps_agent.prompts.messages import Prompts
from orps_agent.search import runner
from orps_agent.settings import SearchConfig
from orps_agent.store import SqliteStore
from orps_agent.strategies import strategy_of

from .made_up import NAME, PROBLEM, agent, program, prose
from .store import grown_up, score, write

WIDE = SearchConfig(samples=3, rounds=3, beam=1, winner_order=("pass_rate", "rho"))
STEPS = SearchConfig(strategy="mcts", samples=1, rounds=30, winner_order=("pass_rate", "rho"))
TREES = {
    "orps, 2,002 candidates": SearchConfig(samples=154, rounds=5, beam=3),
    "orps, 10,010 candidates": SearchConfig(samples=770, rounds=5, beam=3),
    "mcts, 2,000 candidates": SearchConfig(strategy="mcts", samples=5, rounds=400),
    "mcts, 10,000 candidates": SearchConfig(strategy="mcts", samples=10, rounds=1000),
}


async def searches(count: int, turns: int) -> None:
    print(f"{count} searches at once: CPU s, wall s, KB of checkpoints beside the database while they run")
    for name, config in (("orps, 9 candidates", WIDE), ("mcts, 30 steps", STEPS)):
        for saver in [False, True] * turns:
            options = ["--config", config.model_dump_json(), "--searches", str(count), *["--saver"] * saver]
            command = [sys.executable, "-m", "perf.checkpoints", "run", *options]
            taken = json.loads((await anyio.run_process(command, stderr=None)).stdout)
            how = "LangGraph's saver" if saver else "none"
            print(f"{name}, {how}: {taken['cpu']:.2f} {taken['wall']:.2f} {taken['kb']:.0f}", flush=True)


async def run(config: SearchConfig, count: int, *, saver: bool) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        beside = Path(folder) / "checkpoints.db"
        async with agent(Path(folder) / "orps.db", latency=0.2) as opened, _saver(beside, wanted=saver):
            wall, cpu = time.perf_counter(), time.process_time()
            async with anyio.create_task_group() as tasks:
                for seed in range(count):
                    tasks.start_soon(opened.solve, PROBLEM, config.model_copy(update={"seed": seed}))
            files = [beside, beside.with_name(f"{beside.name}-wal")]
            kb = sum(each.stat().st_size for each in files if each.exists()) / 1e3
            return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "kb": kb}


class _Checkpointed:
    """Run the search's graph with a checkpointer, as `run_graph` does without."""

    def __init__(self, saver: AsyncSqliteSaver) -> None:
        self._graph = build_machine().builder.compile(checkpointer=saver)

    async def ainvoke(self, given: Any, config: Any, *, context: Any) -> Any:
        place = {"configurable": {"thread_id": context.id}}
        return await self._graph.ainvoke(given, config | place, context=context, durability="async")


@asynccontextmanager
async def _saver(path: Path, *, wanted: bool) -> AsyncIterator[None]:
    if not wanted:
        yield
        return
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        with patch.object(runner, "build_machine", lambda: _Checkpointed(saver)):
            yield


async def resume(only: str) -> None:
    print("until its candidates were told, until its rounds are walked, until its first call: CPU s")
    for name, config in TREES.items():
        if only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            database = Path(folder) / "orps.db"
            await interrupted(database, config)
            told, walked, called = await resumed(database)
        print(f"{name}: {told:.2f} {walked:.2f} {called:.2f}", flush=True)


async def resumed(database: Path) -> tuple[float, float, float]:
    """CPU seconds from the resume of the one search to each of the three moments."""
    told = walked = 0.0
    recall = SearchContext.recall

    async def timed(context: SearchContext, candidates: Iterable[str]) -> dict[str, Outline]:
        nonlocal walked
        found = await recall(context, candidates)
        walked = time.process_time() - began
        return found

    async with agent(database, latency=60) as opened:
        row, began = await opened.archive.search(), time.process_time()
        with patch.object(SearchContext, "recall", timed):
            async with opened.stream(row.id) as events:
                async for event in events:
                    if isinstance(event, CallStarted):
                        return told, walked, time.process_time() - began
                    told = time.process_time() - began
    raise AssertionError("an interrupted search has calls left")


async def interrupted(database: Path, config: SearchConfig) -> None:
    """Write a search of this size into the store, without its last round's results."""
    chance = random.Random(0)
    prose_, program_ = prose(chance, 100_000), program(chance, 2400)
    strategy = strategy_of(config, Prompts(config).hint_names)
    state = strategy.start()
    async with SqliteStore(database) as store:
        row = Search(id="big", created_at=time.time(), problem=PROBLEM, config=config, programmer=NAME, critic=NAME)
        await store.add_search(row)
        store.record(SearchStarted(search=row.id, problem=PROBLEM.id, resumed=False, at_most=1))
        journal = await store.journal(row.id)
        while planned := [Candidate(**dict(each)) for each in strategy.ask(state)]:
            await store.add_candidates(row.id, planned)
            if planned[0].round == config.rounds - 1:
                break
            grown = [await grown_up(each, chance, prose_, program_) for each in planned]
            async with anyio.create_task_group() as tasks:
                for each in grown:
                    tasks.start_soon(write, store, journal, each)
            before, state = state, strategy.tell(state, [score(each) for each in grown])
            await store.set_status(row.id, strategy.pruned(before, state), Status.PRUNED)
        await store.update_search(row.id, status="interrupted")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["searches", "resume", "run"])
    parser.add_argument("--searches", type=int, default=100)
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--only", default="", help="A part of the name of a tree that is resumed.")
    parser.add_argument("--config", help="Of `run`: the search's numbers as JSON.")
    parser.add_argument("--saver", action="store_true", help="Of `run`: with LangGraph's saver.")
    given = parser.parse_args()
    if given.what == "run":
        config = SearchConfig.model_validate_json(given.config)
        print(json.dumps(anyio.run(lambda: run(config, given.searches, saver=given.saver))))
        return
    what: dict[str, Callable[[], Awaitable[None]]] = {
        "searches": lambda: searches(given.searches, given.turns),
        "resume": lambda: resume(given.only),
    }
    anyio.run(what[given.what])


if __name__ == "__main__":
    main()
