"""Provide a model and an executor for a replay, which takes all results from the record: both refuse to work."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from orps_agent.domain.artifact import Artifact
from orps_agent.domain.execution import ExecutionReport
from orps_agent.domain.problem import Limits, TestSuite
from orps_agent.errors import NeverRecorded
from orps_agent.llm.base import ModelReply, ModelRequest, OnPiece
from orps_agent.tools.executor import Comparison


class _Idle:
    """Holds nothing, so that entering and leaving it does nothing."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing."""


class UnaskedModel(_Idle):
    """Stand in for a recorded model by its name; raise NeverRecorded when it is called."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def complete(self, request: ModelRequest, on_piece: OnPiece | None = None) -> ModelReply:
        """Raise NeverRecorded."""
        raise NeverRecorded(f"a replay asks no model, and so not {self.name} as the {request.role}")


class UnusedExecutor(_Idle):
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
