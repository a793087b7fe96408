"""Compare two methods on the same problems: correctness and time, with tests of significance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from statistics import median
from typing import Literal, NamedTuple

from orps_agent.bench.record import Record

from .estimates import Estimate, mean_estimate, median_estimate
from .groups import Group, Runs
from .measures import quotient, source
from .significance import SIGNIFICANCE_LEVEL, holm, sign_flip


class MethodComparison(NamedTuple):
    """Hold the comparison of one pair of methods."""

    first: str
    second: str
    effect: Estimate
    """The first's less the second's Pass@1, or the first's over the second's time."""
    p_value: float
    """Probability of a difference at least as large if the methods are equal."""
    corrected_p_value: float
    """The p-value by Holm's correction over all pairs of the group."""
    better: str | None
    """The better method; None where the difference is not significant."""


def compare_solved(group: Group) -> list[MethodComparison]:
    """Compare Pass@1 of every pair of methods: McNemar's exact test, with several seeds by problem (`sign_flip`).

    A problem counts once however many seeds it was run with: by the difference of the two shares of seeds solved.
    """
    found = []
    for first, second in combinations(group.methods, 2):
        pairs = zip(_solved(group.methods[first]), _solved(group.methods[second]), strict=True)
        differences = [ours - theirs for ours, theirs in pairs]
        effect = mean_estimate([float(each) for each in differences], least=-1, most=1)
        found.append((first, second, effect, sign_flip(differences)))
    return _corrected(found, neutral=0.0, better="more")


def compare_time(group: Group) -> list[MethodComparison]:
    """Compare CPU time of every pair of methods, on the problems that both solve.

    A problem's ratio is that of the two times over the gold solution's, each measured in its own run, and of several
    seeds the median of those that solve it, as a logarithm. The effect is the median ratio with its bootstrap
    interval; the p-value is the sign test's, as a bootstrap of few problems gives too narrow intervals.
    """
    found = []
    for first, second in combinations(group.methods, 2):
        logs = list(_log_ratios(group.methods[first], group.methods[second]))
        found.append((first, second, _exponential(median_estimate(logs)), sign_flip([_sign(each) for each in logs])))
    return _corrected(found, neutral=1.0, better="less")


def _corrected(
    found: Sequence[tuple[str, str, Estimate, float]], *, neutral: float, better: Literal["more", "less"]
) -> list[MethodComparison]:
    comparisons = []
    for (first, second, effect, p_value), corrected_p_value in zip(
        found, holm([each[3] for each in found]), strict=True
    ):
        significant = effect.value is not None and corrected_p_value <= SIGNIFICANCE_LEVEL
        ahead = first if ((effect.value or 0.0) > neutral) == (better == "more") else second
        comparisons.append(
            MethodComparison(first, second, effect, p_value, corrected_p_value, ahead if significant else None)
        )
    return comparisons


def _solved(runs: Runs) -> Iterator[Fraction]:
    """Return, by problem, the share of its seeds that solve it."""
    return (Fraction(sum(record.solved for record in records), len(records)) for records in runs.values())


def _log_ratios(first: Runs, second: Runs) -> Iterator[float]:
    for place, records in first.items():
        ours, theirs = _times(records), _times(second[place])
        by = sorted(ours.keys() & theirs.keys())
        if by:
            yield median(ours[by[0]]) - median(theirs[by[0]])


def _times(records: Iterable[Record]) -> dict[str, list[float]]:
    """Return logarithms of the time over the gold's, by source of measurement, of searches that solve the problem."""
    found: dict[str, list[float]] = {}
    for record in records:
        share, by = quotient(record, "cpu_ns"), source(record, "cpu_ns")
        if record.solved and share and by is not None and math.isfinite(share):
            found.setdefault(by, []).append(math.log(share))
    return found


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _exponential(estimate: Estimate) -> Estimate:
    ends = {end: math.exp(value) for end in ("value", "low", "high") if (value := getattr(estimate, end)) is not None}
    return estimate.model_copy(update=ends)
