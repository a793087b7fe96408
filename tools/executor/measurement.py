"""Measure the costs of a solution until they are reliable, and compare two measurements."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from orps_agent.domain.execution import ExecutionReport, Metric, Metrics


def doubtful(report: ExecutionReport, seconds: float) -> list[int]:
    """Return the passed tests that took so little CPU time that one measurement is not reliable."""
    return [
        index
        for index, result in enumerate(report.results)
        if result.passed and result.metrics.cpu_ns is not None and result.metrics.cpu_ns.value < seconds * 1e9
    ]


def merge(report: ExecutionReport, tests: list[int], again: ExecutionReport) -> ExecutionReport:
    """Merge a second measurement of these tests into the report: the least of every metric, and the spread.

    A test that did not pass again keeps its metrics: the two runs did not do the same work.
    """
    results = list(report.results)
    for index, repeated in zip(tests, again.results, strict=True):
        if repeated.passed:
            old = results[index]
            results[index] = old.model_copy(update={"metrics": _least(old.metrics, repeated.metrics)})
    return report.model_copy(update={"results": tuple(results)})


def _least(one: Metrics, other: Metrics) -> Metrics:
    return Metrics(**{name: _lesser(getattr(one, name), getattr(other, name)) for name in Metrics.model_fields})


def _lesser(one: Metric | None, other: Metric | None) -> Metric | None:
    """Return the lesser metric and the spread of both; the first one where their sources differ."""
    if one is None or other is None or one.source != other.source:
        return one
    least = min(one.value, other.value)
    most = max(one.value * (1 + (one.spread or 0)), other.value)
    return Metric(value=least, source=one.source, spread=round((most - least) / least, 4) if least else None)


@dataclass(frozen=True)
class Comparison:
    """Hold how much faster one solution is than another, with a 95% interval over interleaved repeats."""

    ratio: float
    low: float
    high: float

    @property
    def distinguishable(self) -> bool:
        """Return True when the interval leaves no doubt about which of the two is faster."""
        return self.low > 1 or self.high < 1

    def __str__(self) -> str:
        """Return `1.31x faster (1.27 to 1.35)`, `1.31x slower (...)` or `not distinguishable`."""
        if not self.distinguishable:
            return "not distinguishable"
        if self.ratio >= 1:
            return f"{self.ratio:.2f}x faster ({self.low:.2f} to {self.high:.2f})"
        return f"{1 / self.ratio:.2f}x slower ({1 / self.high:.2f} to {1 / self.low:.2f})"


def compare(ours: Sequence[float], theirs: Sequence[float]) -> Comparison:
    """Compute how much faster `ours` is, from the times of interleaved repeats: the i-th of both ran in succession.

    The result is the median of the paired ratios, with the interval of the order statistics around it (an inverted sign
    test), which assumes nothing about how the noise is distributed. Fewer than 6 pairs cannot reach 95%: the interval
    is then unbounded. ValueError when the two are not paired or a time is not positive.
    """
    if len(ours) != len(theirs) or not ours or min(*ours, *theirs) <= 0:
        raise ValueError("two equally long, non-empty series of positive times are needed")
    ratios = sorted(slow / fast for fast, slow in zip(ours, theirs, strict=True))
    skip = _skippable(len(ratios))
    low, high = (0.0, math.inf) if skip is None else (ratios[skip], ratios[-1 - skip])
    return Comparison(statistics.median(ratios), low, high)


def cpu_times(report: ExecutionReport) -> dict[str, float]:
    """Return the CPU time of each test that passed, in nanoseconds."""
    return {
        result.name: result.metrics.cpu_ns.value
        for result in report.results
        if result.passed and result.metrics.cpu_ns is not None
    }


def compare_runs(ours: Sequence[dict[str, float]], theirs: Sequence[dict[str, float]]) -> Comparison | None:
    """Compare runs by the CPU time of the tests that passed in all of them; None when there are none."""
    common = set.intersection(*(set(run) for run in (*ours, *theirs)))
    if not common:
        return None
    totals = [[max(1.0, sum(run[name] for name in common)) for run in runs] for runs in (ours, theirs)]
    return compare(*totals)


def _skippable(count: int) -> int | None:
    """Return how many of the sorted values may be left out at each end of a 95% interval for the median."""
    tail, skip = 0.0, None
    for rank in range(count // 2):
        tail += math.comb(count, rank) / 2**count
        if 2 * tail > 0.05:
            break
        skip = rank
    return skip
