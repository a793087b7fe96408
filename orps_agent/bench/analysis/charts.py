"""What the plots show, as values."""

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
from .report import Curve, Dots, Mark, Worth


def curves(group: Group) -> Iterator[Curve]:
    """Pass@1 by model calls of every method: the mean over problems, of several seeds their mean first."""
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
            # Where nothing changes there is no point, but for the ends: they say from where to where the calls went.
            if jumps[calls] or calls in {min(jumps), max(jumps)}:
                points.append((calls, float(share)))
        yield Curve(method=method, points=tuple(points))


def share_at(curve: Curve, calls: int) -> float:
    """The share of problems solved, had every search ended after this many model calls."""
    return next((share for at, share in reversed(curve.points) if at <= calls), 0.0)


def _steps(record: Record) -> list[tuple[int, bool]]:
    """Calls, and whether the winner is right from there on; the last step is the search as it ended."""
    points = sorted((point.calls, point.candidates, point.passed == record.tests) for point in record.curve)
    return [*((calls, right) for calls, _, right in points), (record.calls, record.solved)]


def marks(group: Group) -> Iterator[Mark]:
    """Every method that has times, once for each source of them."""
    among = instruments(group.records)
    for instrument in among:
        for method, runs in group.methods.items():
            same = measured_by(runs, instrument, among)
            times = by_problem(same, lambda record: relative(record, "cpu_ns"), median)
            if times:
                yield Mark(
                    method=method,
                    source=instrument["cpu_ns"],
                    time=median_estimate(times),
                    solved=pass_at_1(runs),
                )


def pass_at_1(runs: Runs) -> Estimate:
    """The share of problems solved, of several seeds their mean first."""
    return share_estimate(by_problem(runs, lambda record: float(record.solved), fmean))


def dots(group: Group) -> Dots:
    """Every problem under every method; what is solved most comes first."""
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


def worths(group: Group) -> Iterator[Worth]:
    """What the critic's scores said about the held-back tests, of every method whose candidates were scored."""
    for method, runs in group.methods.items():
        calibration = Calibration.of_pairs(
            (sample.process, sample.passed / record.tests)
            for records in runs.values()
            for record in records
            for sample in record.samples
            if sample.process is not None
        )
        if calibration.pairs:
            yield Worth(method=method, calibration=calibration)
