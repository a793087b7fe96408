"""Test the difference of two methods on the same problems exactly, with Holm's correction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

SIGNIFICANCE_LEVEL = 0.05
"""Corrected p-value up to which a difference counts as significant."""


def sign_flip(differences: Sequence[Fraction | int]) -> float:
    """Return the p-value of a sum of paired differences (two-sided, exact).

    If two methods are equal, every problem's difference could as well have had the other sign; of all assignments of
    signs, this is the share with a sum at least as far from 0. Where all differences are -1, 0 or 1 (Pass@1 with one
    seed), it is exactly McNemar's test; for signs alone it is the sign test.
    """
    steps = [Fraction(each) for each in differences if each]
    scale = math.lcm(*(each.denominator for each in steps))
    sizes = [int(abs(each) * scale) for each in steps]
    seen = abs(int(sum(steps) * scale))
    if not seen:
        return 1.0
    # How many ways there are to every sum of the positive ones, packed into one number: a lane of `width` bits a sum,
    # which holds any count up to 2^n. Only the sums of the lower tail are kept.
    width = 8 * (len(steps) // 8 + 1)
    lanes = (sum(sizes) - seen) // 2 + 1
    ways = 1
    for size in sizes:
        ways = (ways + (ways << size * width)) & ((1 << lanes * width) - 1)
    tail = ways % ((1 << width) - 1)  # the sum of all lanes, as casting out nines is that of digits
    return min(1.0, 2 * tail / (1 << len(steps)))


def holm(chances: Sequence[float]) -> list[float]:
    """Return the p-values, each corrected for being one of several (Holm 1979), in the same order; at most 1."""
    corrected = [0.0] * len(chances)
    worst = 0.0
    for rank, place in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        worst = max(worst, min(1.0, (len(chances) - rank) * chances[place]))
        corrected[place] = worst
    return corrected
