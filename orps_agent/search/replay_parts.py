"""Provide a model and an executor for a replay, which takes all results from the record: both refuse to work."""

from __future__ import annotations

from orps_agent.domain.artifact import Artifact
from orps_agent.domain.execution import ExecutionReport
from orps_agent.domain.problem import Limits, TestSuite
from orps_agent.errors import NeverRecorded
from orps_agent.llm.base import ModelReply, ModelRequest, OnPiece
from orps_agent.tools.executor import Comparison
from orps_agent.util.idle import Idle


class UnaskedModel(Idle):
    """Stand in for a recorded model by its name; raise NeverRecorded when it is called."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def complete(self, request: ModelRequest, on_piece: OnPiece | None = None) -> ModelReply:
        """Raise NeverRecorded."""
        raise NeverRecorded(f"a replay asks no model, and so not {self.name} as the {request.role}")


class UnusedExecutor(Idle):
    """Raise NeverRecorded instead of running anything."""

    async def run(
        self, solution: Artifact, suite: TestSuite, *, entry_points: tuple[str, ...], limits: Limits
    ) -> ExecutionReport:
        """Raise NeverRecorded."""
        raise NeverRecorded("a replay runs no candidate")

    async def profile(
        self,
        solution: Artifact,
        suite: TestSuite,
        report: ExecutionReport,
        *,
        entry_points: tuple[str, ...],
        limits: Limits,
    ) -> ExecutionReport:
        """Raise NeverRecorded."""
        raise NeverRecorded("a replay measures no candidate")

    async def contest(
        self, ours: Artifact, theirs: Artifact, suite: TestSuite, *, entry_points: tuple[str, ...], limits: Limits
    ) -> Comparison | None:
        """Raise NeverRecorded."""
        raise NeverRecorded("a replay races no candidates")
