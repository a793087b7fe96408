"""Measure how well the critic's scores predicted the verdicts: the process reward ρ against the pass rate."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict

from .candidate import Candidate, Outline

Pair = tuple[int, float]
"""A critic's score, 1 to 5, and the share of the tests that the same candidate passed."""

_SHUFFLES = 999
_MANY = 100
_LUCK = 0.05


class Confusion(BaseModel):
    """Count the candidates of one score that passed none, some and all of the tests."""

    model_config = ConfigDict(frozen=True)

    none: int = 0
    some: int = 0
    all: int = 0


class Calibration(BaseModel):
    """Hold the measures of how well a critic's scores predict the pass rates."""

    model_config = ConfigDict(frozen=True)

    pairs: int = 0
    """Number of candidates that have both a score and verdicts."""
    spearman: float | None = None
    """Rank correlation of score and pass rate, ties by their mean rank; None where one of the two never varies."""
    chance: float | None = None
    """Share of random assignments of the scores that correlate at least as well (a p-value); None as above."""
    confusion: dict[int, Confusion] = {}
    """For each score that was given, 1 to 5, how many of its candidates passed none, some or all tests."""

    @property
    def informative(self) -> bool:
        """Return True when the correlation is significant: chance alone reaches it in at most 5 % of cases.

        False while there is too little evidence: a handful of candidates, or candidates that all pass, cannot show it.
        """
        return self.chance is not None and self.chance <= _LUCK

    @property
    def worth(self) -> str:
        """Return the significance of the correlation in a few words; meaningful only when there is a correlation."""
        if self.informative:
            return "hardly by chance"
        return "perhaps by chance" if (self.spearman or 0) > 0 else "no information"

    @property
    def words(self) -> str:
        """Return a sentence: `Critic's scores and verdicts: rank correlation 0.71 over 18 candidates, ...`."""
        told = "Critic's scores and verdicts:"
        if self.spearman is None:
            return f"{told} nothing to compare in {self.pairs} candidates, as one of them never varies."
        return f"{told} rank correlation {self.spearman:.2f} over {self.pairs} candidates, {self.worth}."

    @classmethod
    def of(cls, candidates: Iterable[Candidate]) -> Self:
        """Compute the calibration of the critic that scored these candidates."""
        return cls.of_pairs(
            (each.process, each.pass_rate)
            for each in candidates
            if each.process is not None and each.report is not None
        )

    @classmethod
    def of_outlines(cls, outlines: Iterable[Outline]) -> Self:
        """Compute the same calibration from outlines, which are candidates without their texts."""
        return cls.of_pairs(
            (each.process, (each.passed or 0) / each.tests)
            for each in outlines
            if each.process is not None and each.tests
        )

    @classmethod
    def of_pairs(cls, pairs: Iterable[Pair]) -> Self:
        """Compute the calibration from pairs of score and pass rate."""
        # Sorted, so that the order in which candidates came in decides nothing.
        pairs = sorted(pairs)
        scores, rates = (_centred_ranks([pair[part] for pair in pairs]) for part in (0, 1))
        spread = math.sqrt(_product(scores, scores) * _product(rates, rates))
        return cls(
            pairs=len(pairs),
            spearman=_product(scores, rates) / spread if spread else None,
            chance=_chance(scores, rates) if spread else None,
            confusion={score: _confusion(pairs, score) for score in sorted({score for score, _ in pairs})},
        )


def _confusion(pairs: Sequence[Pair], score: int) -> Confusion:
    rates = [rate for given, rate in pairs if given == score]
    none, all_ = sum(rate == 0 for rate in rates), sum(rate == 1 for rate in rates)
    return Confusion(none=none, some=len(rates) - none - all_, all=all_)


def _chance(scores: Sequence[float], rates: Sequence[float]) -> float:
    """Return the share of random pairings that correlate at least as well.

    Few pairs are shuffled, because ties and small numbers matter there; for many, the normal distribution is used that
    the shuffles approach, whose variance is 1/(n - 1) whatever the ties.
    """
    seen = _product(scores, rates)
    if len(scores) > _MANY:
        spread = math.sqrt(_product(scores, scores) * _product(rates, rates))
        return math.erfc(seen / spread * math.sqrt((len(scores) - 1) / 2)) / 2
    dealer, dealt = random.Random(0), list(scores)  # noqa: S311 - a fixed seed: the same tree, the same answer
    as_good = 1
    for _ in range(_SHUFFLES):
        dealer.shuffle(dealt)
        as_good += _product(dealt, rates) >= seen - 1e-9
    return as_good / (_SHUFFLES + 1)


def _centred_ranks(values: Sequence[float]) -> list[float]:
    """Return the ranks of the values less their mean; ties get their mean rank."""
    order = sorted(values)
    first = {value: index for index, value in reversed(list(enumerate(order)))}
    last = {value: index for index, value in enumerate(order)}
    return [(first[value] + last[value] - len(values) + 1) / 2 for value in values]


def _product(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(one * other for one, other in zip(left, right, strict=True))
