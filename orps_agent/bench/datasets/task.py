"""Model a problem of a benchmark, with the tests that a search may see and those that judge it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from orps_agent.bench.record import Regime
from orps_agent.domain.artifact import ArtifactText
from orps_agent.domain.problem import Limits, Problem, TestSuite
from orps_agent.errors import ProblemError
from orps_agent.problems import check_problem

_SECONDS_A_TEST = 0.1
"""Seconds allowed a test: a suite of more than 200 tests gets more than a candidate's usual 20 s."""


class Task(BaseModel):
    """Hold one problem of a benchmark, with both of its suites."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=200)
    statement: str = Field(min_length=1)
    entry_points: tuple[str, ...] = ()
    """The names that the tests of either suite use; empty for a program judged on stdin and stdout."""
    real: TestSuite
    """The tests that the benchmark judges by."""
    weak: TestSuite | None = None
    """Tests that a model wrote, or the benchmark's fewer public ones; None where it has none."""
    gold: ArtifactText | None = None
    """A reference solution; None where the benchmark has none."""

    def problem(self, regime: Regime) -> Problem:
        """Build the problem that a search works on; its winner is judged on the real tests, in either regime.

        In regime `weak` it has no tests where the benchmark has no weak ones: a model has to write them.
        """
        tests = self.real if regime == "real" else self.weak or TestSuite()
        usual = Limits()
        seconds = max(usual.candidate_seconds, _SECONDS_A_TEST * max(len(tests), len(self.real)))
        return Problem(
            id=self.id,
            statement=self.statement,
            entry_points=self.entry_points,
            tests=tests,
            held_back=self.real,
            limits=usual.model_copy(update={"candidate_seconds": seconds}),
            gold=self.gold,
        )


def check_task(task: Task, regime: Regime = "real", tests: int | None = None) -> None:
    """Raise ProblemError for a task that no search could use; `tests` limits how many generated tests are checked."""
    if not len(task.real):
        raise ProblemError("has no tests that a solution could be judged by")
    problem = task.problem(regime)
    suite = problem.tests.model_copy(update={"tests": problem.tests.tests[:tests]})
    try:
        check_problem(problem.model_copy(update={"tests": suite, "held_back": None}), task.id)
    except ProblemError as error:
        raise ProblemError(str(error).removeprefix(f"{task.id}: ")) from error
