"""The tables about pairs of methods on the same problems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .estimates import Estimate
from .groups import Group
from .method_pairs import Comparison, compare_solved, compare_time
from .report import Cell, Column, Table

SAME = "not distinguishable"

_CORRECTED = (
    "chance: how likely luck alone makes two equal methods as different; corrected: the same by Holm's correction over "
    "all pairs, a difference up to 0.05."
)


def solved_pairs(group: Group) -> Iterator[Table]:
    """Which method solves more, by pairs."""
    if len(group.methods) > 1:
        yield _table(
            group,
            compare_solved(group),
            title="Pass@1 by pairs",
            about="Difference of the first and the second method's Pass@1 on the same problems, in percentage points, "
            f"with 95% bootstrap intervals (not corrected); {_CORRECTED} McNemar's exact test, with several seeds the "
            "exact sign-flip test over problems, which is the same for one.",
            effect=Column(name="difference", kind="points"),
            words="solves more",
        )


def time_pairs(group: Group) -> Iterator[Table]:
    """Which method's winners are faster, by pairs."""
    found = compare_time(group)
    if any(each.effect.problems for each in found):
        yield _table(
            group,
            found,
            title="Time by pairs",
            about="The first method's CPU time over the second's, each relative to the gold solution in its own run: "
            "median over the problems that both solve, with 95% bootstrap intervals (not corrected); "
            f"{_CORRECTED} Exact sign test.",
            effect=Column(name="ratio", kind="ratio"),
            words="is faster",
        )


def _table(group: Group, found: Sequence[Comparison], *, title: str, about: str, effect: Column, words: str) -> Table:
    return Table(
        title=title,
        about=about,
        columns=(
            Column(name="first", kind="name"),
            Column(name="second", kind="name"),
            effect,
            Column(name="chance", kind="chance"),
            Column(name="corrected", kind="chance"),
            Column(name="in words", kind="words"),
        ),
        rows=tuple(_row(each, words) for each in found),
        problems=len(group.places),
    )


def _row(each: Comparison, words: str) -> tuple[Cell, ...]:
    chances = (Estimate(value=chance, problems=each.effect.problems) for chance in (each.chance, each.corrected))
    return each.first, each.second, each.effect, *chances, f"{each.better} {words}" if each.better else SAME
