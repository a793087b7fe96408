"""Define the Protocol between a search and the executor that runs its candidates."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from orps_agent.domain.artifact import Artifact
from orps_agent.domain.execution import ExecutionReport
from orps_agent.domain.problem import Limits, TestSuite

from .measurement import Comparison


class Executor(Protocol):
    """Run a candidate's solution on a test suite, isolated, and return what happened as data.

    Whatever the candidate does is part of the report; ExecutorError is raised only when this machine cannot run
    candidates at all. Cancelling a call kills the processes that it started.

        async with executor:
            report = await executor.run(Program(source), suite, entry_points=("f",), limits=Limits())
    """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def run(
        self, solution: Artifact, suite: TestSuite, *, entry_points: tuple[str, ...], limits: Limits
    ) -> ExecutionReport:
        """Run every test of the suite and report one verdict a test, in the suite's order."""
        ...

    async def profile(
        self,
        solution: Artifact,
        suite: TestSuite,
        report: ExecutionReport,
        *,
        entry_points: tuple[str, ...],
        limits: Limits,
    ) -> ExecutionReport:
        """Measure the metrics of the passed tests again and return the report with them; verdicts stay unchanged."""
        ...

    async def contest(
        self, ours: Artifact, theirs: Artifact, suite: TestSuite, *, entry_points: tuple[str, ...], limits: Limits
    ) -> Comparison | None:
        """Measure thoroughly how much faster `ours` is on the tests that both pass; None when there are none."""
        ...
