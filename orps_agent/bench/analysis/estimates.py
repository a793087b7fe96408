"""What some problems say about all like them: means and medians with bootstrap intervals, and pass@k."""

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
"""Problems from which on there is an interval: of 5, even the smallest and the largest value hold the median between
them in 94% of cases only."""

_TAIL = (1 - CONFIDENCE) / 2
_SEED = 0


class Estimate(BaseModel):
    """A value made from some problems, and how far off it may be."""

    model_config = ConfigDict(frozen=True)

    value: float | None
    """None when it is not known."""
    low: float | None = None
    """Where the 95% interval begins; None where there are too few problems for one, or it has no meaning."""
    high: float | None = None
    problems: int
    """How many problems it was made from."""


def mean_estimate(values: Sequence[float], *, least: float, most: float) -> Estimate:
    """The mean over problems, one value each, with the percentile bootstrap interval (Efron 1979).

    Where all problems agree, resampling them shows nothing, and would claim certainty. What all n problems have in
    common may still be missing in a share of up to 1 - (0.025)^(1/n) of all problems (the exact binomial bound), which
    may then have any value from `least` to `most`, the bounds of what is measured.
    """
    size = len(values)
    if size < ENOUGH:
        return Estimate(value=fmean(values) if values else None, problems=size)
    if min(values) == max(values):
        value, others = values[0], 1 - _TAIL ** (1 / size)
        low, high = value - others * (value - least), value + others * (most - value)
    else:
        low, high = _middle([sum(draw(values)) / size for draw in _draws(size)])
    return Estimate(value=fmean(values), low=low, high=high, problems=size)


def share_estimate(values: Sequence[float]) -> Estimate:
    """The mean of shares, 0 to 1."""
    return mean_estimate(values, least=0.0, most=1.0)


def median_estimate(values: Sequence[float]) -> Estimate:
    """The median over problems, one value each, with the percentile bootstrap interval.

    The median of a resample is one or the mean of two of the sorted values, and at which places depends on their number
    alone. So the places are drawn, not the resamples: the same distribution, some hundred times faster.
    """
    size = len(values)
    if size < ENOUGH:
        return Estimate(value=median(values) if values else None, problems=size)
    order = sorted(values)
    low, high = _middle([(order[one] + order[other]) / 2 for one, other in median_places(size)])
    return Estimate(value=median(order), low=low, high=high, problems=size)


@lru_cache(maxsize=1)
def _draws(size: int) -> list[Callable[[Sequence[float]], tuple[float, ...]]]:
    """Resamples, as functions that pick them from any values of this number; kept, as a report needs them often."""
    dealer, places = Random(_SEED), range(size)  # noqa: S311 - a fixed seed: the same records, the same report
    return [itemgetter(*dealer.choices(places, k=size)) for _ in range(RESAMPLES)]


@lru_cache(maxsize=16)
def median_places(size: int) -> list[tuple[int, int]]:
    """For every resample of `size` values, at which places of the sorted values its middle lies; one twice if odd.

    The k-th smallest of n numbers from [0, 1) is Beta(k, n + 1 - k); the next is the smallest of n - k numbers between
    it and 1.
    """
    dealer = Random(_SEED)  # noqa: S311 - as above
    lower = (size + 1) // 2
    found = []
    for _ in range(RESAMPLES):
        one = other = dealer.betavariate(lower, size + 1 - lower)
        if size % 2 == 0:
            other = 1 - (1 - one) * dealer.random() ** (1 / (size - lower))
        found.append((min(int(one * size), size - 1), min(int(other * size), size - 1)))
    return found


def _middle(drawn: list[float]) -> tuple[float, float]:
    drawn.sort()
    cut = math.floor(_TAIL * len(drawn))
    return drawn[cut], drawn[-1 - cut]


def pass_at_k(samples: int, solved: int, k: int) -> float:
    """How likely at least one of k samples solves a problem of which c of n did: 1 - C(n-c, k)/C(n, k).

    Unbiased (Chen et al. 2021, section 2.1). Raises ValueError unless 1 <= k <= samples and 0 <= solved <= samples.
    """
    if not (1 <= k <= samples and 0 <= solved <= samples):
        raise ValueError(f"pass@{k} of {samples} samples, of which {solved} are right, has no meaning")
    return 1 - math.comb(samples - solved, k) / math.comb(samples, k)
