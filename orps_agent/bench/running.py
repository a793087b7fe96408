"""Runs a bench: all its searches at the same time in one process, each stored, judged, and written down once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import anyio

from orps_agent.agent import Agent
from orps_agent.candidate import Tree
from orps_agent.errors import SearchInterrupted
from orps_agent.report import NotAnalysable
from orps_agent.result import SearchResult
from orps_agent.tasks import beside
from orps_agent.tools.analysis import analyse

from .judging import Judge, curve_of, samples_of
from .methods import GOLD
from .planning import Entry
from .record import Record
from .records import keep, known

OnRecord = Callable[[Record], Awaitable[None]]


@dataclass(frozen=True)
class Outcome:
    """What a bench run came to."""

    records: tuple[Record, ...]
    """Of everything that is done, by this run or an earlier one."""
    left: int
    """Searches that were stopped before their end; the same run goes on with them."""


async def run_bench(agent: Agent, entries: Sequence[Entry], *, at_once: int = 100, tell: OnRecord) -> Outcome:
    """Do what is not done yet, `at_once` searches at a time, and tell every record as it comes, old ones first.

    A fast search never waits for a slow one: what they share are the model's and the executor's slots. Raises
    CannotRun when the endpoint, the sandbox or the database gives way; what is finished by then stays.
    """
    done = await known(agent.store, [entry.search for entry in entries])
    for record in done.values():
        await tell(record)
    slots = anyio.CapacityLimiter(at_once)
    left = 0

    async def one(entry: Entry) -> None:
        nonlocal left
        async with slots:
            if left:  # nothing new is begun once something was stopped
                left += 1
                return
            try:
                record = await _record(agent, entry)
            except SearchInterrupted:
                left += 1
                return
        await keep(agent.store, record)
        done[entry.search] = record
        await tell(record)

    async with beside(wait=True) as tasks:
        for entry in entries:
            if entry.search not in done:
                tasks.start_soon(one, entry)
    return Outcome(tuple(done[entry.search] for entry in entries if entry.search in done), left)


async def _record(agent: Agent, entry: Entry) -> Record:
    judge = Judge(agent.executor, entry.task.problem(entry.regime))
    if entry.method == GOLD:
        return await _of_gold(judge, entry)
    result = await agent.solve(judge.problem, entry.config, search=entry.search)
    return await _of_search(agent, judge, entry, result)


async def _of_search(agent: Agent, judge: Judge, entry: Entry, result: SearchResult) -> Record:
    store = agent.store
    tree = await store.tree(result.search)
    seen = {result.code: result.verification.passed} if result.code and result.verification else {}
    passed = await judge.passed(await store.journal(result.search), list(tree), seen)
    ours, gold = await judge.costs(result.code)
    calls = await store.calls_by_candidate(result.search)
    return Record(
        **_of_entry(entry, judge),
        reason=result.reason,
        passed=passed[result.winner.id] if result.winner else 0,
        valid=result.winner is not None and not isinstance(result.winner.analysis, NotAnalysable),
        winner=ours,
        gold=gold,
        tier=_tier(result, tree),
        calls=result.usage.model_calls,
        prompt_tokens=result.usage.prompt_tokens,
        completion_tokens=result.usage.completion_tokens,
        cost=result.usage.cost,
        seconds=await store.reader.seconds(result.search),
        samples=samples_of(list(tree), passed),
        curve=curve_of(list(tree), passed, calls, entry.config),
    )


async def _of_gold(judge: Judge, entry: Entry) -> Record:
    code = entry.task.gold
    report = await judge.run(code) if code else None
    ours, gold = await judge.costs(code)
    return Record(
        **_of_entry(entry, judge),
        reason="no search",
        passed=report.passed if report else 0,
        valid=code is not None and not isinstance(await analyse(code), NotAnalysable),
        winner=ours,
        gold=gold,
        tier=report.tier if report else None,
        calls=0,
        seconds=0.0,
    )


def _of_entry(entry: Entry, judge: Judge) -> dict[str, object]:
    return {
        "dataset": entry.dataset,
        "problem": entry.task.id,
        "method": entry.method,
        "regime": entry.regime,
        "seed": entry.config.seed,
        "programmer": entry.programmer,
        "critic": entry.critic,
        "budget": entry.budget,
        "search": entry.search,
        "tests": len(judge.real),
    }


def _tier(result: SearchResult, tree: Tree) -> int | None:
    reports = [result.verification, *(each.report for each in tree)]
    return next((each.tier for each in reports if each and each.tier), None)
