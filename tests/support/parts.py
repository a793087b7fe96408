"""Provide models and an executor that count their calls."""

from __future__ import annotations

from orps_agent.domain.artifact import Artifact
from orps_agent.domain.execution import ExecutionReport, TestResult, Verdict
from orps_agent.domain.problem import Limits, TestSuite
from orps_agent.llm import ModelReply, ModelRequest, OnPiece
from orps_agent.llm.scripted import Rule, ScriptedModel
from orps_agent.search.replay_parts import UnusedExecutor
from orps_agent.settings import ExecutorSettings
from tests.support.samples import RIGHT

RULES = [
    Rule.model_validate({"role": "critic", "reply": "SCORE: 3"}),
    Rule.model_validate({"role": "programmer", "reply": RIGHT}),
]


class Counted(ScriptedModel):
    """Count the calls of a model, and how often other code opens it."""

    def __init__(self, name: str) -> None:
        super().__init__(RULES, name=name)
        self.asked = 0
        self.opened = 0

    async def __aenter__(self) -> Counted:
        self.opened += 1
        return self

    async def complete(self, request: ModelRequest, on_piece: OnPiece | None = None) -> ModelReply:
        self.asked += 1
        return await super().complete(request, on_piece)


class AllPass(UnusedExecutor):
    """Pass every candidate without running it."""

    def __init__(self, settings: ExecutorSettings | None = None) -> None:
        self.runs = 0
        self.opened = 0

    async def __aenter__(self) -> AllPass:
        self.opened += 1
        return self

    async def run(
        self, solution: Artifact, suite: TestSuite, *, entry_points: tuple[str, ...], limits: Limits
    ) -> ExecutionReport:
        self.runs += 1
        return ExecutionReport(results=tuple(TestResult(name=each.name, verdict=Verdict.PASS) for each in suite.tests))

    async def profile(
        self,
        solution: Artifact,
        suite: TestSuite,
        report: ExecutionReport,
        *,
        entry_points: tuple[str, ...],
        limits: Limits,
    ) -> ExecutionReport:
        return report

    async def contest(
        self, ours: Artifact, theirs: Artifact, suite: TestSuite, *, entry_points: tuple[str, ...], limits: Limits
    ) -> None:
        return None
