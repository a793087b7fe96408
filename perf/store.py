"""Measure how much disk space the store takes, and how long the commands take that read it.

    python -m perf.store size
    python -m perf.store show

`size` runs searches of 5 rounds through the real graph, with a made-up model and executor, and compares the file's
bytes after a WAL checkpoint with the bytes of the texts themselves: R + C + F + K of every candidate (F as JSON without
its measurements) and the problem, each once.

`show` makes a search of 10,000 candidates and times the commands that read it, each in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio

from orps_agent.domain.artifact import Program
from orps_agent.domain.candidate import Candidate, Status
from orps_agent.domain.execution import ExecutionReport, StaticAnalysis
from orps_agent.domain.rewards import outcome_reward
from orps_agent.domain.search import Search
from orps_agent.llm.base import Message, ModelReply, ModelRequest
from orps_agent.settings import SearchConfig
from orps_agent.store import Effect, Effects, SqliteStore, Store
from orps_agent.strategies import Orps, Score

from .made_up import NAME, PROBLEM, MadeUpExecutor, agent, program, prose

MEASURED: Any = {"results": {"__all__": {"metrics"}}, "flags": True}
SIZES = (8, 15, 23, 46)  # samples; with a beam of 3, 5 rounds make 13 times as many candidates


async def size() -> None:
    print("candidates  texts KB  a candidate  file KB  ratio")
    for samples in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            database = Path(folder) / "orps.db"
            async with agent(database) as opened:
                result = await opened.solve(PROBLEM, SearchConfig(samples=samples, rounds=5, beam=3))
            texts, file = await text_bytes(database), file_bytes(database)
            print(
                f"{result.candidates:10} {texts / 1e3:9.0f} {texts / result.candidates / 1e3:12.1f}"
                f" {file / 1e3:8.0f} {file / texts:6.2f}"
            )


async def text_bytes(database: Path) -> int:
    """Return the bytes of R + C + F + K of all candidates, and of the problem."""
    async with SqliteStore(database) as store:
        (row,) = await store.searches()
        texts = [row.problem.model_dump_json(exclude_defaults=True)]
        for each in await store.tree(row.id):
            texts += [each.reasoning or "", each.code or "", each.critique or ""]
            if each.report is not None:
                texts.append(each.report.model_dump_json(exclude_defaults=True, exclude=MEASURED))
    return sum(len(text.encode()) for text in texts)


def file_bytes(database: Path) -> int:
    """Return the size of a file that no process has open, which includes what was in the WAL."""
    return database.stat().st_size


async def show(turns: int = 7) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "orps.db"
        count = await grow(database, SearchConfig(samples=770, rounds=5, beam=3))
        print(f"{count} candidates, {file_bytes(database) / 1e6:.0f} MB; medians of {turns} turns")
        commands = [["--help"], ["list"], ["show"], ["show", "--all"], ["show", "-c", "0"]]
        taken: list[list[float]] = [[] for _ in commands]
        for _ in range(turns):
            for seconds, command in zip(taken, commands, strict=True):
                seconds.append(timed(command if command == ["--help"] else [*command, "--db", str(database)]))
        for seconds, command in zip(taken, commands, strict=True):
            print(f"orps {' '.join(command):11} {statistics.median(seconds):5.2f} s  (at most {max(seconds):.2f})")


def timed(arguments: list[str]) -> float:
    # With its bytecode cached, as Python does for a program that is used twice.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "orps_agent", *arguments]
    started = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


async def grow(database: Path, config: SearchConfig) -> int:
    """Write a finished search of this size into the store without running it; return its number of candidates."""
    chance = random.Random(0)
    prose_, program_ = prose(chance, 100_000), program(chance, 2400)
    strategy, count = Orps(config, ["generic"]), 0
    state = strategy.start()
    async with SqliteStore(database) as store:
        row = Search(id="big", created_at=time.time(), problem=PROBLEM, config=config, programmer=NAME, critic=NAME)
        await store.add_search(row)
        journal = await store.journal(row.id)
        while planned := strategy.ask(state):
            grown = [await grown_up(Candidate(**each.model_dump()), chance, prose_, program_) for each in planned]
            await store.add_candidates(row.id, grown)
            async with anyio.create_task_group() as tasks:
                for each in grown:
                    tasks.start_soon(write, store, journal, each)
            count += len(grown)
            before, state = state, strategy.tell(state, [score(each) for each in grown])
            await store.set_status(row.id, strategy.pruned(before, state), Status.PRUNED)
        await store.update_search(
            row.id, status="finished", finished_at=time.time(), winner=state.parents[0], reason=state.ended
        )
    return count


async def write(store: Store, journal: Effects, each: Candidate) -> None:
    """Store the candidate's columns, and the rows of the two calls and the execution behind them."""

    async def reply() -> ModelReply:
        text = (each.critique if stage == "critique" else each.turn) or ""
        return ModelReply(text=text, model=NAME, prompt_tokens=9, completion_tokens=9, seconds=0.2)

    async def report() -> ExecutionReport:
        return each.report or ExecutionReport()

    for stage in ("reason", "critique"):
        asked = Message(role="user", content=each.id)
        request = ModelRequest(role="critic", messages=(asked,), temperature=0.5, max_tokens=1500, seed=0)
        await journal.call(Effect(journal.search, each.id, stage), request, reply, model=NAME)
    await journal.execute(Effect(journal.search, each.id, "execute"), ExecutionReport, report)
    settled = journal.settled(each, ("reason", "critique", "execute"))
    await store.update_candidate(journal.search, each.id, dict(each), settled=settled)


async def grown_up(planned: Candidate, chance: random.Random, prose_: str, program_: str) -> Candidate:
    at = chance.randrange(len(prose_) - 8000)
    solution = Program(f"# {at}\n{program_}")
    executor = MadeUpExecutor()
    report = await executor.profile(solution, PROBLEM.tests, await executor.run(solution, PROBLEM.tests))
    analysis = StaticAnalysis(lines=60, ast_nodes=500, cyclomatic=7.25, cognitive=6)
    learned = {
        "status": Status.OPEN,
        "reasoning": prose_[at : at + 4600],
        "solution": solution,
        "report": report,
        "analysis": analysis,
        "outcome": outcome_reward(report, analysis),
        "critique": prose_[at + 4600 : at + 7800],
        "process": chance.randint(1, 4),
    }
    return planned.model_copy(update=learned)


def score(each: Candidate) -> Score:
    return Score(id=each.id, process=each.process, omega=each.omega, expandable=True, solved=each.solved)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["size", "show"])
    given = parser.parse_args()
    what: dict[str, Callable[[], Awaitable[None]]] = {"size": size, "show": show}
    anyio.run(what[given.what])


if __name__ == "__main__":
    main()
