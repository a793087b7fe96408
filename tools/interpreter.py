"""An executor with a fresh interpreter in a sandbox for every candidate; the tests run beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio
import anyio.to_thread

from orps_agent.errors import ExecutorError
from orps_agent.problem import Limits, ProgramTest, SnippetTest, TestSuite
from orps_agent.report import ExecutionReport, TestResult
from orps_agent.settings import ExecutorSettings

from .interpreter_results import Allowance, Ended, broken, least, listen, not_run, of_line, of_output
from .interpreter_sandbox import Capture, Sandbox, in_sandbox
from .suite import check_suite

HARNESS = Path(__file__).with_name("inproc.py").read_text(encoding="utf-8")
REPEATS = 3


@dataclass(frozen=True)
class Run:
    """What all sandboxes of one candidate have in common."""

    code: str
    suite: TestSuite
    limits: Limits
    allowance: Allowance
    stdout: Capture
    stderr: Capture
    measure: bool

    def job(self, **more: object) -> dict[str, Any]:
        """What the harness has to know; `more` adds the tests or the program's stdin."""
        rlimits = {
            "RLIMIT_AS": self.limits.memory_mb << 20,
            "RLIMIT_FSIZE": self.limits.file_mb << 20,
            "RLIMIT_NOFILE": 64,
            "RLIMIT_NPROC": 64,
            "RLIMIT_CORE": 0,
        }
        if not self.measure:  # under a CPU limit Linux counts a process's CPU time in ticks of milliseconds
            rlimits["RLIMIT_CPU"] = math.ceil(self.limits.candidate_seconds) + 1
        suite: dict[str, object] = {"setup": self.suite.setup, "module": self.suite.module, "tests": [], "stdin": None}
        return {"code": self.code, "rlimits": rlimits, "measure": self.measure, **suite, **more}


class InterpreterExecutor:
    """Runs a candidate's tests in the candidate's own interpreter, which is killed and replaced when it must be.

    A hostile candidate can lie about snippets (`trust="inproc"`), but never sees what a program should print.
    """

    def __init__(self, settings: ExecutorSettings) -> None:
        self._python = settings.python
        self._slots = anyio.CapacityLimiter(settings.slots)
        self._sandbox: Sandbox | None = None

    async def __aenter__(self) -> Self:
        """Find bubblewrap and the interpreter; ExecutorError names what is missing."""
        self._sandbox = await Sandbox.find(self._python)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing outlives a call, so there is nothing to do."""

    async def run(
        self, code: str, suite: TestSuite, *, entry_points: tuple[str, ...], limits: Limits
    ) -> ExecutionReport:
        """Run every test; ProblemError when the suite itself is unusable."""
        await anyio.to_thread.run_sync(check_suite, suite)
        async with self._slots:
            return await self._report(code, suite, range(len(suite)), limits, measure=False)

    async def profile(
        self,
        code: str,
        suite: TestSuite,
        report: ExecutionReport,
        *,
        entry_points: tuple[str, ...],
        limits: Limits,
    ) -> ExecutionReport:
        """Measure the passed tests in REPEATS more runs: the least of each cost, and the spread.

        Running the solution's source counts, importing libraries and the suite's setup do not.
        """
        passed = [number for number, result in enumerate(report.results) if result.passed]
        if not passed:
            return report
        async with self._slots:
            runs = [await self._report(code, suite, passed, limits, measure=True) for _ in range(REPEATS)]
        results = list(report.results)
        for place, number in enumerate(passed):
            metrics = least([again.metrics for run in runs if (again := run.results[place]).passed])
            results[number] = results[number].model_copy(update={"metrics": metrics})
        return report.model_copy(update={"results": tuple(results)})

    async def _report(
        self, code: str, suite: TestSuite, numbers: Sequence[int], limits: Limits, *, measure: bool
    ) -> ExecutionReport:
        kept = limits.output_kb << 10
        allowance = Allowance(limits.test_seconds, limits.candidate_seconds)
        run = Run(code, suite, limits, allowance, Capture(kept), Capture(kept), measure)
        results = await self._snippets(run, numbers)
        for number in numbers:
            test = suite.tests[number]
            if isinstance(test, ProgramTest):
                results[number] = await self._program(run, test)
        return ExecutionReport(
            results=tuple(results[number] for number in numbers),
            tier=1,
            stdout=run.stdout.text(),
            stderr=run.stderr.text(),
        )

    async def _snippets(self, run: Run, numbers: Sequence[int]) -> dict[int, TestResult]:
        """Run the snippets in one sandbox, the rest in another whenever one ended it, until time is up."""
        results: dict[int, TestResult] = {}
        tests = ((number, run.suite.tests[number]) for number in numbers)
        waiting = [(number, test) for number, test in tests if isinstance(test, SnippetTest)]
        while waiting and run.allowance.budget > 0:
            short = run.allowance.short
            job = run.job(tests=[test.code for _, test in waiting])
            ended = await self._in_sandbox(run, job, len(waiting))
            for line in ended.lines:
                number, test = waiting.pop(0)
                results[number] = of_line(test.name, line, short=short)
            if waiting:
                number, test = waiting.pop(0)
                results[number] = broken(test.name, ended, run.allowance)
        return results | {number: not_run(test.name, run.limits) for number, test in waiting}

    async def _program(self, run: Run, test: ProgramTest) -> TestResult:
        """Run the candidate as a program in a sandbox of its own, and judge its output out here."""
        if run.allowance.budget <= 0:
            return not_run(test.name, run.limits)
        own = replace(run, stdout=Capture(run.stdout.limit + 4 * len(test.stdout)), stderr=Capture(run.stderr.limit))
        short = run.allowance.short
        ended = await self._in_sandbox(own, run.job(stdin=test.stdin), 1)
        run.stdout.add(own.stdout.text().encode())
        run.stderr.add(own.stderr.text().encode())
        if ended.late is None and ended.status == 0:
            result = of_output(test, own.stdout.text(), ended, short=short)
        else:
            result = broken(test.name, ended, run.allowance, program=own.stderr.text())
        return result.model_copy(update={"trust": "split"})

    async def _in_sandbox(self, run: Run, job: dict[str, Any], lines: int) -> Ended:
        if self._sandbox is None:
            raise ExecutorError("the executor is not open; use it inside `async with executor:`")
        command = self._sandbox.command(max(run.limits.file_mb << 20, 4096), "-s", "-P", "-c", HARNESS)
        follow = partial(listen, count=lines, allowance=run.allowance, to_the_end=job["stdin"] is not None)
        return await in_sandbox(command, job, stdout=run.stdout, stderr=run.stderr, follow=follow)
