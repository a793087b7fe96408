"""Choose trustworthy tests and solutions by dual execution agreement, for problems whose tests a model wrote.

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
    """Hold a consensus set: the solutions that pass exactly the same tests, and these tests."""

    model_config = ConfigDict(frozen=True)

    tests: tuple[str, ...]
    """The names of the tests, sorted; those of the winner's set are the ones to trust."""
    solutions: tuple[str, ...]
    """The ids of the candidates, in path order. Every sample counts, also one whose text equals another's."""
    rivals: int = 0
    """Number of the other consensus sets."""

    @property
    def score(self) -> float:
        """Return |tests| * sqrt(|solutions|), by which CodeT ranks consensus sets."""
        return len(self.tests) * sqrt(len(self.solutions))


@dataclass(frozen=True)
class Choice:
    """Hold a winner and the consensus set that it was taken from; no set where agreement did not choose."""

    winner: Outline | None
    agreement: Agreement | None = None


def consensus_sets(passed: Mapping[str, frozenset[str]]) -> list[Agreement]:
    """Group solutions into consensus sets, best first; `passed` maps a candidate's id to the tests that it passes.

    Among equal scores, the set with more tests comes first, then the set of the earliest candidate.
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
    """Return the best candidate of the best consensus set, by the keys of `order`.

    Only candidates that may win count, so that a candidate that tampers with the tests confirms none of them.
    """
    allowed = {each.id: each for each in eligible(outlines, tampering_may_win=tampering_may_win)}
    sets = consensus_sets({each: passed.get(each, frozenset()) for each in allowed})
    if not sets:
        return Choice(None)
    members = [allowed[each] for each in sets[0].solutions]
    return Choice(winner(members, order, tampering_may_win=tampering_may_win), sets[0])
