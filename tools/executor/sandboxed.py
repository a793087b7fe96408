"""Run candidate and tester in two sandboxes, with one pair of zygotes for each core."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio

from orps_agent.domain.artifact import Artifact, Program
from orps_agent.domain.execution import ExecutionReport
from orps_agent.domain.language import PYTHON
from orps_agent.domain.problem import Limits, TestSuite
from orps_agent.errors import ExecutorError, ProblemError
from orps_agent.settings import ExecutorSettings
from orps_agent.util.cpus import allowed_cores

from .isolation import Interpreter, Isolation, Launcher
from .measurement import Comparison, compare_runs, cpu_times, doubtful, merge
from .pair import Pair, PairLost
from .probe import find_isolation
from .report_builder import build_report, lost_report
from .suite_check import check_suite

_NUMERIC = re.compile(r"\b(?:import|from)\s+(?:numpy|pandas)\b")
_PACKAGES = ("numpy", "pandas")
_GRACE = 5.0
"""Seconds beyond a candidate's budget after which its pair is considered hung."""
_PROGRAM_KEEP = 1 << 20
_MAX_SUITES = 256
_KINDS = 2
"""Number of kinds of pairs that are kept warm for every slot: lean and numeric."""


class SplitExecutor:
    """Run candidates in a sandbox, with the verdict decided in another one.

        async with SplitExecutor(ExecutorSettings()) as executor:
            report = await executor.run(Program(source), suite, entry_points=("f",), limits=Limits())

    Raises ExecutorError on entering where candidates cannot be isolated, unless `settings.unsafe`.
    """

    def __init__(self, settings: ExecutorSettings | None = None) -> None:
        self._settings = settings or ExecutorSettings()
        self._slots = anyio.CapacityLimiter(self._settings.slots)
        self._one_contest = anyio.Lock()
        self._cores = _cores(self._settings)
        self._idle: list[Pair] = []
        self._open = False
        self._isolation: Isolation | None = None
        self._interpreter: Interpreter | None = None
        self._bwrap: str | None = None
        self._suites: dict[tuple[TestSuite, tuple[str, ...]], int] = {}
        self._numbers = itertools.count()
        self._best: dict[tuple[int, int], float] = {}

    @property
    def isolation(self) -> Isolation:
        """Return the isolation of candidates; raises ExecutorError before the executor has been entered."""
        if self._isolation is None:
            raise ExecutorError("the executor has not been started; use `async with`")
        return self._isolation

    async def __aenter__(self) -> Self:
        self._interpreter = await anyio.to_thread.run_sync(Interpreter.find, Path(self._settings.python))
        self._isolation, self._bwrap, pair = await find_isolation(self._interpreter, unsafe=self._settings.unsafe)
        self._idle.append(pair)
        self._open = True
        try:
            async with anyio.create_task_group() as group:
                for _ in range(self._settings.slots - 1):
                    group.start_soon(self._warm)
        except BaseException:
            await self._close_all()
            raise
        return self

    async def _warm(self) -> None:
        self._idle.append(await Pair.start(self._launcher(()), Limits().file_mb))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close_all()

    async def _close_all(self) -> None:
        self._open = False
        while self._idle:
            await self._idle.pop().close()

    def _launcher(self, preload: tuple[str, ...]) -> Launcher:
        assert self._interpreter is not None  # noqa: S101 - set on entering
        return Launcher(self._interpreter, self.isolation, self._bwrap, preload)

    @contextlib.asynccontextmanager
    async def _pair(self, preload: tuple[str, ...], file_mb: int) -> AsyncIterator[tuple[Pair, int | None]]:
        """Reserve a pair and a core for one run; the pair is closed when anything goes wrong in the run."""
        async with self._slots:
            fitting = [pair for pair in self._idle if pair.launcher.preload == preload and pair.file_mb == file_mb]
            if fitting:
                pair = fitting[-1]
                self._idle.remove(pair)
            else:
                pair = await Pair.start(self._launcher(preload), file_mb)
            core = self._cores.pop()
            try:
                yield pair, core
            except BaseException:
                await pair.close()
                raise
            finally:
                self._cores.append(core)
            self._idle.append(pair)
            while len(self._idle) > (_KINDS * self._settings.slots if self._open else 0):
                await self._idle.pop(0).close()

    async def run(
        self, solution: Artifact | str, suite: TestSuite, *, entry_points: tuple[str, ...], limits: Limits
    ) -> ExecutionReport:
        """Run every test of the suite and report one verdict a test, in the suite's order.

        A bare text counts as Python. Raises ProblemError when the suite is empty or does not compile, or the solution
        is no Python program.
        """
        tier = self.isolation.tier
        number = await self._number(suite, entry_points)
        try:
            reply = await self._run(solution, suite, number, list(range(len(suite))), entry_points, limits)
        except (PairLost, TimeoutError) as error:
            return lost_report(suite, tier, str(error) or "no answer within the candidate's budget")
        report = build_report(suite, tier, reply)
        self._remember_times(number, report)
        return report

    async def profile(
        self,
        solution: Artifact | str,
        suite: TestSuite,
        report: ExecutionReport,
        *,
        entry_points: tuple[str, ...],
        limits: Limits,
    ) -> ExecutionReport:
        """Measure the passed tests again until their metrics are reliable; return the report with the least of each.

        The verdicts stay as they were. A candidate that cannot be run again keeps the metrics that it has.
        """
        number = await self._number(suite, entry_points)
        for runs in range(1, self._settings.profile_repeats):
            wanted = doubtful(report, self._settings.profile_seconds / runs)
            if not wanted:
                break
            try:
                reply = await self._run(solution, suite, number, wanted, entry_points, limits)
            except (PairLost, TimeoutError):
                break
            report = merge(report, wanted, build_report(suite, self.isolation.tier, reply, wanted))
        return report

    async def contest(
        self,
        ours: Artifact | str,
        theirs: Artifact | str,
        suite: TestSuite,
        *,
        entry_points: tuple[str, ...],
        limits: Limits,
        rounds: int = 12,
    ) -> Comparison | None:
        """Measure how much faster `ours` is than `theirs` on the tests that both pass; None when there are none.

        The two run in turns, alternating which one is first, while no other candidate runs.
        """
        spent: dict[Artifact | str, list[dict[str, float]]] = {ours: [], theirs: []}
        async with self._quiet():
            for number in range(rounds):
                for solution in (ours, theirs) if number % 2 else (theirs, ours):
                    report = await self.run(solution, suite, entry_points=entry_points, limits=limits)
                    spent[solution].append(cpu_times(report))
        return compare_runs(spent[ours], spent[theirs])

    @contextlib.asynccontextmanager
    async def _quiet(self) -> AsyncIterator[None]:
        """Occupy all slots but one, so that a run in the remaining slot runs alone."""
        async with self._one_contest, contextlib.AsyncExitStack() as held:
            for _ in range(self._settings.slots - 1):
                borrower = object()
                await self._slots.acquire_on_behalf_of(borrower)
                held.callback(self._slots.release_on_behalf_of, borrower)
            yield

    async def _run(
        self,
        solution: Artifact | str,
        suite: TestSuite,
        number: int,
        tests: list[int],
        entry_points: tuple[str, ...],
        limits: Limits,
    ) -> dict[str, Any]:
        """Return the tester's reply on these tests; raises PairLost or TimeoutError when there is none."""
        source = _python_source(solution)
        preload = _PACKAGES if _NUMERIC.search(source) or _is_numeric(suite) else ()
        async with self._pair(preload, limits.file_mb) as (pair, core):
            order = self._order(source, number, tests, suite, limits) | {"core": core}
            with anyio.fail_after(limits.candidate_seconds + _GRACE):
                reply = await pair.request({"run": order})
                if "unknown" in reply:
                    sent = await pair.request({"suite": _describe(number, suite, entry_points)})
                    reply = sent if sent["error"] else await pair.request({"run": order})
        if "error" in reply:
            raise ProblemError(reply["error"])
        return reply

    async def _number(self, suite: TestSuite, entry_points: tuple[str, ...]) -> int:
        """Return the number under which the testers store this suite; a new suite is checked first."""
        key = (suite, entry_points)
        if key not in self._suites:
            await anyio.to_thread.run_sync(check_suite, suite)
            if len(self._suites) >= _MAX_SUITES:
                forgotten = self._suites.pop(next(iter(self._suites)))
                self._best = {each: best for each, best in self._best.items() if each[0] != forgotten}
            self._suites[key] = next(self._numbers)
        return self._suites[key]

    def _order(self, source: str, number: int, tests: list[int], suite: TestSuite, limits: Limits) -> dict[str, Any]:
        settings = self._settings
        longest = max((len(test.stdout) for test in suite.tests if test.kind == "program"), default=0)
        return {
            "suite": number,
            "source": source,
            "tests": [[index, self._limit(number, index, limits)] for index in tests],
            "budget": limits.candidate_seconds,
            "short": settings.short_seconds,
            "max_timeouts": settings.max_timeouts,
            "keep": limits.output_kb << 10,
            "program_keep": 8 * longest + _PROGRAM_KEEP,
            "limits": {
                "memory_mb": limits.memory_mb,
                "file_mb": limits.file_mb,
                "open_files": settings.open_files,
                "threads": settings.threads,
            },
        }

    def _limit(self, number: int, index: int, limits: Limits) -> float:
        """Return the seconds for one test: its full limit, or less, a multiple of the best time seen."""
        best = self._best.get((number, index))
        if best is None or self._settings.adapt_factor is None:
            return limits.test_seconds
        return min(limits.test_seconds, max(self._settings.adapt_floor, self._settings.adapt_factor * best))

    def _remember_times(self, number: int, report: ExecutionReport) -> None:
        for index, result in enumerate(report.results):
            if result.passed and result.metrics.wall_ns is not None:
                seconds = result.metrics.wall_ns.value / 1e9
                self._best[number, index] = min(seconds, self._best.get((number, index), seconds))


def _python_source(solution: Artifact | str) -> str:
    if isinstance(solution, str):  # for programs that use the executor alone
        return solution
    if not isinstance(solution, Program):
        raise ProblemError(f"the solution must be a Program or text, not {type(solution).__name__}")
    if solution.language != PYTHON.name:
        raise ProblemError(f"the solution is in {solution.language}: this executor runs {PYTHON.name} alone")
    return solution.source


def _cores(settings: ExecutorSettings) -> list[int | None]:
    """Return a core for every slot; None for each when pinning is off, or not supported by the system."""
    if not settings.pin or not hasattr(os, "sched_getaffinity"):
        return [None] * settings.slots
    allowed = allowed_cores()
    return [allowed[slot % len(allowed)] for slot in range(settings.slots)]


def _is_numeric(suite: TestSuite) -> bool:
    texts = (suite.setup, *(test.code for test in suite.tests if test.kind == "snippet"))
    return any(_NUMERIC.search(text) for text in texts)


def _describe(number: int, suite: TestSuite, entry_points: tuple[str, ...]) -> dict[str, Any]:
    return {
        "number": number,
        "setup": suite.setup,
        "module": suite.module,
        "entry_points": list(entry_points),
        "tests": [test.model_dump(exclude={"stdout", "compare"}) for test in suite.tests],
    }
