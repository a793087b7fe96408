"""Run a bench: all its searches concurrently in one process, each stored, judged, and recorded once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import anyio

from orps_agent.agent import Agent
from orps_agent.domain.candidate import Tree
from orps_agent.domain.events import SearchFinished
from orps_agent.domain.execution import NotAnalysable
from orps_agent.domain.problem import Problem
from orps_agent.domain.result import SearchResult
from orps_agent.errors import CannotRun, NoUsableTest, SearchInterrupted
from orps_agent.tools.analysis.complexity import analyse
from orps_agent.util.tasks import background_tasks

from .judge import Judge, curve_of, samples_of
from .methods import GOLD
from .plan import Entry
from .record import Record
from .record_store import keep, known

OnRecord = Callable[[Record], Awaitable[None]]


@dataclass(frozen=True)
class Outcome:
    """Hold the result of a bench run."""

    records: tuple[Record, ...]
    """Records of all searches that are done, by this run or an earlier one."""
    left: int
    """Number of searches that were stopped before their end; running the same bench again continues them."""


async def run_bench(
    agent: Agent,
    entries: Sequence[Entry],
    *,
    at_once: int = 100,
    tell: OnRecord,
    stopping: anyio.Event | None = None,
) -> Outcome:
    """Run the searches that are not done yet, `at_once` at a time, and pass each record to `tell`, stored ones first.

    A fast search never waits for a slow one: they share only the model's and the executor's slots. Once `stopping` is
    set, no search is started: running ones wind down as by `Agent.stop`, and judging is abandoned, as it costs nothing
    to judge again. Raises CannotRun when the endpoint, the sandbox or the database fails, after the other searches
    have wound down.
    """
    run = _BenchRun(agent, tell, stopping or anyio.Event(), anyio.CapacityLimiter(at_once))
    await run.recall(entries)
    async with background_tasks(run.stop_searches), background_tasks(wait=True) as tasks:
        for entry in entries:
            if entry.search not in run.done:
                tasks.start_soon(run.one, entry)
    if run.error:
        raise run.error
    return Outcome(tuple(run.done[entry.search] for entry in entries if entry.search in run.done), run.left)


@dataclass
class _BenchRun:
    """Hold the state that the searches of a bench share while they run."""

    agent: Agent
    tell: OnRecord
    stopping: anyio.Event
    slots: anyio.CapacityLimiter
    done: dict[str, Record] = field(default_factory=dict)
    left: int = 0
    error: CannotRun | None = None
    """The error that stops the whole bench; None while there is none."""

    async def recall(self, entries: Sequence[Entry]) -> None:
        """Load the records of earlier runs and report them; searches that their batch's budget ended are run again."""
        found = await known(self.agent.store, [entry.search for entry in entries])
        self.done = {search: record for search, record in found.items() if not record.cut_short}
        for record in self.done.values():
            await self.tell(record)

    async def stop_searches(self) -> None:
        """Wind down the searches once `stopping` is set."""
        await self.stopping.wait()
        self.agent.stop()

    async def one(self, entry: Entry) -> None:
        """Run or resume one search, judge it, and store its record."""
        async with self.slots:
            record = None if self.stopping.is_set() else await self._record(entry)
        if record is None:
            self.left += 1
            return
        await keep(self.agent.store, record)
        self.done[entry.search] = record
        await self.tell(record)

    async def _record(self, entry: Entry) -> Record | None:
        """Return the record of one search; None when it was stopped before its end."""
        judge = Judge(self.agent.executor, entry.task.problem(entry.regime))
        try:
            if entry.method == GOLD:
                return await self._judged(partial(_of_gold, judge, entry))
            result = await self._searched(judge.problem, entry)
            return await self._judged(partial(_of_search, self.agent, judge, entry, result)) if result else None
        except SearchInterrupted:
            return None
        except NoUsableTest as error:  # of this problem alone; to ask again would be a different bench
            return await _of_nothing(self.agent, judge, entry, str(error))
        except CannotRun as error:
            self.error = self.error or error
            self.stopping.set()
            return None

    async def _searched(self, problem: Problem, entry: Entry) -> SearchResult | None:
        result: SearchResult | None = None
        async with self.agent.stream(problem, entry.config, search=entry.search) as events:
            async for event in events:
                if self.stopping.is_set():
                    self.agent.stop()  # it had not begun when all searches were stopped
                if isinstance(event, SearchFinished):
                    result = event.result
        return result

    async def _judged(self, judging: Callable[[], Awaitable[Record]]) -> Record | None:
        record: Record | None = None
        with anyio.CancelScope() as scope:

            async def give_up() -> None:
                await self.stopping.wait()
                scope.cancel()

            async with background_tasks(give_up):
                record = await judging()
        return record


async def _of_search(agent: Agent, judge: Judge, entry: Entry, result: SearchResult) -> Record:
    store = agent.store
    tree = await store.tree(result.search)
    won, verified = result.solution, result.verification
    seen = {won.fingerprint: verified.passed} if won and verified else {}
    passed = await judge.passed(await store.journal(result.search), list(tree), seen)
    ours, gold = await judge.costs(won)
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
        seconds=await store.seconds(result.search),
        samples=samples_of(list(tree), passed),
        curve=curve_of(list(tree), passed, calls, await store.search(result.search)),
    )


async def _of_gold(judge: Judge, entry: Entry) -> Record:
    solution = entry.task.gold
    report = await judge.run(solution) if solution else None
    ours, gold = await judge.costs(solution)
    return Record(
        **_of_entry(entry, judge),
        reason="no search",
        passed=report.passed if report else 0,
        valid=solution is not None and not isinstance(await analyse(solution), NotAnalysable),
        winner=ours,
        gold=gold,
        tier=report.tier if report else None,
        calls=0,
        prompt_tokens=0,
        completion_tokens=0,
        cost=0.0,
        seconds=0.0,
    )


async def _of_nothing(agent: Agent, judge: Judge, entry: Entry, reason: str) -> Record:
    """Build the record of a search that could not start for lack of tests: its problem counts as not solved."""
    usage = await agent.store.usage(entry.search)
    _, gold = await judge.costs(None)
    return Record(
        **_of_entry(entry, judge),
        reason=reason,
        passed=0,
        valid=False,
        gold=gold,
        calls=usage["model_calls"],
        prompt_tokens=usage["prompt_tokens"],
        completion_tokens=usage["completion_tokens"],
        cost=usage["cost"],
        seconds=await agent.store.seconds(entry.search),
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
