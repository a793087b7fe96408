"""Dual execution agreement: which tests to trust where a model wrote them, and which solutions with them.

CodeT (arXiv 2207.10397): solutions that pass exactly the same tests agree with each other; such a set of solutions and
the tests that it passes confirm each other the more, the larger both are. Pure functions over a tree's values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from pydantic import BaseModel, ConfigDict

from orps_agent.settings import WinnerKey

from .candidate import Outline, path_key
from .rewards import eligible, winner


class Agreement(BaseModel):
    """A consensus set: the solutions that pass exactly these tests."""

    model_config = ConfigDict(frozen=True)

    tests: tuple[str, ...]
    """The names of the tests, sorted; in the winner's set those to trust."""
    solutions: tuple[str, ...]
    """The ids of the candidates, in path order. Every sample counts, also one that repeats another word for word."""
    rivals: int = 0
    """How many other sets there are."""

    @property
    def score(self) -> float:
        """|tests| * sqrt(|solutions|)."""
        return len(self.tests) * sqrt(len(self.solutions))


@dataclass(frozen=True)
class Choice:
    """A winner, and the consensus set that it was taken from, where agreement chose."""

    winner: Outline | None
    agreement: Agreement | None = None


def consensus_sets(passed: Mapping[str, frozenset[str]]) -> list[Agreement]:
    """The consensus sets of solutions, by candidate the names of the tests that it passes; the best one first.

    Of equal scores the one with more tests comes first, then that of the earliest candidate.
    """
    sets: dict[frozenset[str], list[str]] = {}
    for each in sorted(passed, key=path_key):
        sets.setdefault(passed[each], []).append(each)
    # In whole numbers, where a square root could take two equal scores for different ones.
    ordered = sorted(
        sets.items(), key=lambda item: (-(len(item[0]) ** 2) * len(item[1]), -len(item[0]), path_key(item[1][0]))
    )
    rivals = len(ordered) - 1
    return [Agreement(tests=tuple(sorted(tests)), solutions=tuple(ids), rivals=rivals) for tests, ids in ordered]


def agreed(
    outlines: Iterable[Outline],
    passed: Mapping[str, frozenset[str]],
    order: Sequence[WinnerKey],
    *,
    tampering_may_win: bool = False,
) -> Choice:
    """The best candidate of the best consensus set, by the keys of `order`.

    Only candidates that may win count, so that one that tampers confirms no test.
    """
    allowed = {each.id: each for each in eligible(outlines, tampering_may_win=tampering_may_win)}
    sets = consensus_sets({each: passed.get(each, frozenset()) for each in allowed})
    if not sets:
        return Choice(None)
    members = [allowed[each] for each in sets[0].solutions]
    return Choice(winner(members, order, tampering_may_win=tampering_may_win), sets[0])
