"""Estimate means and medians from a sample of problems with bootstrap intervals, and pass@k."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from random import Random
from statistics import fmean, median

from pydantic import BaseModel, ConfigDict

RESAMPLES = 10_000
CONFIDENCE = 0.95
ENOUGH = 6
"""Minimum number of problems for an interval: of 5, even the smallest and the largest value hold the median between
them in 94% of cases only."""

_TAIL = (1 - CONFIDENCE) / 2
_SEED = 0


class Estimate(BaseModel):
    """Hold a value estimated from a sample of problems, and its interval."""

    model_config = ConfigDict(frozen=True)

    value: float | None
    """The value; None when it is unknown."""
    low: float | None = None
    """Lower end of the 95% interval; None where there are too few problems for one, or it has no meaning."""
    high: float | None = None
    problems: int
    """Number of problems that the value was computed from."""


def mean_estimate(values: Sequence[float], *, least: float, most: float) -> Estimate:
    """Return the mean over problems, one value each, with the percentile bootstrap interval (Efron 1979).

    Where all problems have the same value, resampling shows no variation, and would suggest certainty. A share of up to
    1 - (0.025)^(1/n) of all problems (the exact binomial bound) may still differ from the n observed ones, and may then
    have any value from `least` to `most`, the bounds of the measure.
    """
    size = len(values)
    if size < ENOUGH:
        return Estimate(value=fmean(values) if values else None, problems=size)
    if min(values) == max(values):
        value, others = values[0], 1 - _TAIL ** (1 / size)
        low, high = value - others * (value - least), value + others * (most - value)
    else:
        low, high = _interval([sum(draw(values)) / size for draw in _resamples(size)])
    return Estimate(value=fmean(values), low=low, high=high, problems=size)


def share_estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of shares, 0 to 1, with its interval."""
    return mean_estimate(values, least=0.0, most=1.0)


def median_estimate(values: Sequence[float]) -> Estimate:
    """Return the median over problems, one value each, with the percentile bootstrap interval.

    The median of a resample is one or the mean of two of the sorted values, and their ranks depend on the number of
    values alone. So the ranks are drawn, not the resamples: the same distribution, some hundred times faster.
    """
    size = len(values)
    if size < ENOUGH:
        return Estimate(value=median(values) if values else None, problems=size)
    order = sorted(values)
    low, high = _interval([(order[one] + order[other]) / 2 for one, other in median_places(size)])
    return Estimate(value=median(order), low=low, high=high, problems=size)


@lru_cache(maxsize=1)
def _resamples(size: int) -> list[Callable[[Sequence[float]], tuple[float, ...]]]:
    """Return resamples, as functions that pick them from any values of this number; cached for further use."""
    generator, places = Random(_SEED), range(size)  # noqa: S311 - a fixed seed: the same records, the same report
    return [itemgetter(*generator.choices(places, k=size)) for _ in range(RESAMPLES)]


@lru_cache(maxsize=16)
def median_places(size: int) -> list[tuple[int, int]]:
    """Return the ranks of the median among the sorted values, for every resample of `size` values; equal ranks if odd.

    The k-th smallest of n numbers from [0, 1) is Beta(k, n + 1 - k); the next is the smallest of n - k numbers between
    it and 1.
    """
    generator = Random(_SEED)  # noqa: S311 - as above
    lower = (size + 1) // 2
    found = []
    for _ in range(RESAMPLES):
        one = other = generator.betavariate(lower, size + 1 - lower)
        if size % 2 == 0:
            other = 1 - (1 - one) * generator.random() ** (1 / (size - lower))
        found.append((min(int(one * size), size - 1), min(int(other * size), size - 1)))
    return found


def _interval(drawn: list[float]) -> tuple[float, float]:
    drawn.sort()
    cut = math.floor(_TAIL * len(drawn))
    return drawn[cut], drawn[-1 - cut]


def pass_at_k(samples: int, solved: int, k: int) -> float:
    """Return the probability that one of k samples solves a problem, when c of n did: 1 - C(n-c, k)/C(n, k).

    Unbiased (Chen et al. 2021, section 2.1). Raises ValueError unless 1 <= k <= samples and 0 <= solved <= samples.
    """
    if not (1 <= k <= samples and 0 <= solved <= samples):
        raise ValueError(f"pass@{k} of {samples} samples, of which {solved} are right, has no meaning")
    return 1 - math.comb(samples - solved, k) / math.comb(samples, k)
