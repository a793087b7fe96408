"""Run candidates in the sandbox of orps and log every run."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import anyio

from orps_agent.domain.artifact import Artifact
from orps_agent.domain.execution import ExecutionReport
from orps_agent.domain.problem import Limits, TestSuite
from orps_agent.errors import SettingsError
from orps_agent.settings import ExecutorSettings
from orps_agent.tools.executor import Comparison, SplitExecutor


class LoggedExecutor:
    """Run candidates as the built-in executor does, and add a JSON line to a file for every run.

    The setting `executor.options` names the file: `{"log": "runs.jsonl"}`.
    """

    def __init__(self, settings: ExecutorSettings) -> None:
        log = settings.options.get("log")
        if not isinstance(log, str):
            raise SettingsError(
                'executor.options: the executor "logged" needs the name of a file: {"log": "runs.jsonl"}'
            )
        self._log = Path(log)
        self._sandbox = SplitExecutor(settings)

    async def __aenter__(self) -> Self:
        await self._sandbox.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._sandbox.__aexit__(kind, error, trace)

    async def run(
        self, solution: Artifact, suite: TestSuite, *, entry_points: tuple[str, ...], limits: Limits
    ) -> ExecutionReport:
        """Run the suite in the sandbox, and log how many tests passed in which time."""
        started = time.monotonic()
        report = await self._sandbox.run(solution, suite, entry_points=entry_points, limits=limits)
        line = {
            "solution": solution.fingerprint[:12],
            "passed": report.passed,
            "tests": len(report.results),
            "seconds": round(time.monotonic() - started, 3),
        }
        async with await anyio.open_file(self._log, "a") as file:
            await file.write(json.dumps(line) + "\n")
        return report

    async def profile(
        self,
        solution: Artifact,
        suite: TestSuite,
        report: ExecutionReport,
        *,
        entry_points: tuple[str, ...],
        limits: Limits,
    ) -> ExecutionReport:
        """Measure the passed tests in the sandbox."""
        return await self._sandbox.profile(solution, suite, report, entry_points=entry_points, limits=limits)

    async def contest(
        self, ours: Artifact, theirs: Artifact, suite: TestSuite, *, entry_points: tuple[str, ...], limits: Limits
    ) -> Comparison | None:
        """Race two candidates in the sandbox."""
        return await self._sandbox.contest(ours, theirs, suite, entry_points=entry_points, limits=limits)
