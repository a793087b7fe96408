"""Judge a search: run its candidates on the real tests, and compare its winner's costs with the gold solution's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orps_agent.domain.artifact import Artifact
from orps_agent.domain.candidate import Candidate, path_key
from orps_agent.domain.execution import ExecutionReport, NotAnalysable
from orps_agent.domain.problem import Problem, TestSuite
from orps_agent.domain.search import Search, choose
from orps_agent.store import Effect, Effects
from orps_agent.tools.analysis.complexity import analyse
from orps_agent.tools.executor import Executor

from .record import DYNAMIC, STATIC, Costs, Point, Sample


@dataclass(frozen=True)
class Judge:
    """Run solutions of one problem on the tests that it is judged by."""

    executor: Executor
    problem: Problem

    @property
    def real(self) -> TestSuite:
        """Return the held-back tests, by which a benchmark judges in either regime."""
        return self.problem.held_back or self.problem.tests

    async def run(self, solution: Artifact, suite: TestSuite | None = None) -> ExecutionReport:
        """Run the solution on the real tests, or on the tests of `suite`."""
        return await self.executor.run(
            solution, suite or self.real, entry_points=self.problem.entry_points, limits=self.problem.limits
        )

    async def passed(self, journal: Effects, tree: Sequence[Candidate], known: dict[str, int]) -> dict[str, int]:
        """Count the real tests that each candidate passes, by its id; store an execution for each distinct solution.

        `known` maps the fingerprints of solutions to counts that are known already; new counts are added to it.
        """
        found: dict[str, int] = {}
        for each in tree:
            found[each.id] = 0
            if solution := each.solution:
                name = solution.fingerprint
                if name not in known:
                    known[name] = await self._passed(journal, each, solution)
                found[each.id] = known[name]
        return found

    async def _passed(self, journal: Effects, each: Candidate, solution: Artifact) -> int:
        if each.report is not None and self.problem.tests == self.real:
            return each.report.passed  # the search saw the same tests
        effect = Effect(journal.search, each.id, "bench")
        return (await journal.execute(effect, ExecutionReport, lambda: self.run(solution))).passed

    async def costs(self, solution: Artifact | None) -> tuple[Costs | None, Costs | None]:
        """Measure the costs of the solution and of the gold solution, in turn, on the tests that both pass."""
        gold = self.problem.gold
        reference = await self.run(gold) if gold else None
        if gold is None or reference is None or not reference.all_passed:
            return (await self._costs(solution, await self.run(solution)) if solution else None), None
        ours = await self.run(solution) if solution else None
        if solution is None or ours is None or not ours.passed:
            static = await _static(solution) if solution else None
            return static, await self._costs(gold, reference)
        common = {each.name for each in ours.results if each.passed}
        suite = self.real.model_copy(update={"tests": tuple(test for test in self.real.tests if test.name in common)})
        return await self._measured(solution, suite), await self._measured(gold, suite)

    async def _measured(self, solution: Artifact, suite: TestSuite) -> Costs:
        return await self._costs(solution, await self.run(solution, suite), suite)

    async def _costs(self, solution: Artifact, report: ExecutionReport, suite: TestSuite | None = None) -> Costs:
        if report.passed:
            report = await self.executor.profile(
                solution, suite or self.real, report, entry_points=self.problem.entry_points, limits=self.problem.limits
            )
        static = await _static(solution)
        dynamic = {name: mean for name in DYNAMIC if (mean := report.mean(name)) is not None}
        metrics = {
            name: [metric for each in report.results if each.passed and (metric := getattr(each.metrics, name))]
            for name in dynamic
        }
        return Costs(
            values=static.values | dynamic,
            sources={name: " and ".join(sorted({each.source for each in found})) for name, found in metrics.items()},
            spreads={
                name: max(spreads)
                for name, found in metrics.items()
                if (spreads := [each.spread for each in found if each.spread is not None])
            },
        )


def samples_of(tree: Sequence[Candidate], passed: Mapping[str, int]) -> tuple[Sample, ...]:
    """Return all candidates of a search as samples, in the order in which they were requested."""
    return tuple(
        Sample(
            candidate=each.id,
            round=each.round,
            visible=each.pass_rate,
            passed=passed[each.id],
            process=each.process,
            omega=each.omega,
            valid=bool(each.solution) and not isinstance(each.analysis, NotAnalysable),
        )
        for each in _as_asked(tree)
    )


def curve_of(
    tree: Sequence[Candidate], passed: Mapping[str, int], calls: Mapping[str, int], row: Search
) -> tuple[Point, ...]:
    """Return, for each candidate, the winner if the search had ended there and the model calls made until then."""
    points: list[Point] = []
    asked = 0
    outlines = []
    visible: dict[str, frozenset[str]] = {}
    for each in _as_asked(tree):
        outlines.append(each.outline)
        if each.report is not None:
            visible[each.id] = frozenset(result.name for result in each.report.results if result.passed)
        asked += calls.get(each.id, 0)
        best = choose(row, outlines, visible).winner
        points.append(Point(candidates=len(outlines), calls=asked, passed=passed[best.id] if best else 0))
    return tuple(points)


def _as_asked(tree: Sequence[Candidate]) -> list[Candidate]:
    return sorted(tree, key=lambda each: (each.round, path_key(each.id)))


async def _static(solution: Artifact) -> Costs:
    analysis = await analyse(solution)
    if isinstance(analysis, NotAnalysable):
        return Costs()
    return Costs(values={name: float(getattr(analysis, name)) for name in STATIC})
