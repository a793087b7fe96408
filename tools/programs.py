"""Comparing what a program printed with what it should have printed."""

from __future__ import annotations

import math
from typing import Literal


def same_output(actual: str, expected: str, compare: Literal["exact", "tokens", "floats"]) -> bool:
    """Whether the two are the same: `exact` up to trailing white space, `tokens`, or `floats` within 1e-6."""
    if compare == "exact":
        return _lines(actual) == _lines(expected)
    ours, theirs = actual.split(), expected.split()
    if compare == "tokens":
        return ours == theirs
    return len(ours) == len(theirs) and all(map(_close, ours, theirs))


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().split("\n")]


def _close(actual: str, expected: str) -> bool:
    if actual == expected:
        return True
    try:
        return math.isclose(float(actual), float(expected), rel_tol=1e-6, abs_tol=1e-6)
    except ValueError:
        return False
