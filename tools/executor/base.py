"""The seam between the search and whatever runs candidates."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from orps_agent.domain.artifact import Artifact
from orps_agent.domain.execution import ExecutionReport
from orps_agent.domain.problem import Limits, TestSuite

from .measurement import Comparison


class Executor(Protocol):
    """Runs a candidate's solution on a test suite, isolated, and says what happened as data.

    Whatever the candidate does ends up in the report; only a machine on which candidates cannot be run at all raises
    (ExecutorError). Cancelling a call kills what it started.

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
        """The same report with the metrics of its passed tests measured; verdicts stay as they were."""
        ...

    async def contest(
        self, ours: Artifact, theirs: Artifact, suite: TestSuite, *, entry_points: tuple[str, ...], limits: Limits
    ) -> Comparison | None:
        """How much faster `ours` is on the tests that both pass, thoroughly measured; None when there are none."""
        ...
