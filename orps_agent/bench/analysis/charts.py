"""Compute the values that the plots show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from statistics import fmean, median

from orps_agent.bench.record import Record
from orps_agent.domain.calibration import Calibration

from .by_problem import by_problem, instruments, measured_by
from .estimates import Estimate, median_estimate, share_estimate
from .groups import Group, Runs
from .measures import relative
from .report import CriticWorth, Curve, Dots, MethodPoint


def curves(group: Group) -> Iterator[Curve]:
    """Yield every method's Pass@1 by model calls: the mean over problems, after the mean over seeds."""
    for method, runs in group.methods.items():
        jumps: dict[int, Fraction] = defaultdict(Fraction)
        for records in runs.values():
            weight = Fraction(1, len(records) * len(runs))
            for record in records:
                before = False
                for calls, solved in _steps(record):
                    jumps[calls] += weight * (solved - before)
                    before = solved
        share, points = Fraction(), []
        for calls in sorted(jumps):
            share += jumps[calls]
            # Only changes give a point, and the two ends: they show the range of the calls.
            if jumps[calls] or calls in {min(jumps), max(jumps)}:
                points.append((calls, float(share)))
        yield Curve(method=method, points=tuple(points))


def share_at(curve: Curve, calls: int) -> float:
    """Return the share of problems solved, had every search ended after this many model calls."""
    return next((share for at, share in reversed(curve.points) if at <= calls), 0.0)


def _steps(record: Record) -> list[tuple[int, bool]]:
    """Return pairs of calls and whether the winner is right from there on; the last is the end of the search."""
    points = sorted((point.calls, point.candidates, point.passed == record.tests) for point in record.curve)
    return [*((calls, right) for calls, _, right in points), (record.calls, record.solved)]


def marks(group: Group) -> Iterator[MethodPoint]:
    """Yield a point for every method with measured times, once for each source of them."""
    among = instruments(group.records)
    for instrument in among:
        for method, runs in group.methods.items():
            same = measured_by(runs, instrument, among)
            times = by_problem(same, lambda record: relative(record, "cpu_ns"), median)
            if times:
                yield MethodPoint(
                    method=method,
                    source=instrument["cpu_ns"],
                    time=median_estimate(times),
                    solved=pass_at_1(runs),
                )


def pass_at_1(runs: Runs) -> Estimate:
    """Estimate the share of problems solved, after the mean over seeds."""
    return share_estimate(by_problem(runs, lambda record: float(record.solved), fmean))


def dots(group: Group) -> Dots:
    """Return the share of passed tests for every problem and method; problems solved most often come first."""
    passed = [by_problem(runs, lambda record: record.pass_rate, fmean) for runs in group.methods.values()]
    solved = [by_problem(runs, lambda record: float(record.solved), fmean) for runs in group.methods.values()]
    order = sorted(
        range(len(group.places)),
        key=lambda at: (-sum(each[at] for each in solved), -sum(each[at] for each in passed), at),
    )
    return Dots(
        problems=tuple(group.places[at].problem for at in order),
        methods=tuple(group.methods),
        passed=tuple(tuple(shares[at] for at in order) for shares in passed),
    )


def worths(group: Group) -> Iterator[CriticWorth]:
    """Yield the calibration of the critic's scores by the held-back tests, for every method with scored candidates."""
    for method, runs in group.methods.items():
        calibration = Calibration.of_pairs(
            (sample.process, sample.passed / record.tests)
            for records in runs.values()
            for record in records
            for sample in record.samples
            if sample.process is not None
        )
        if calibration.pairs:
            yield CriticWorth(method=method, calibration=calibration)
