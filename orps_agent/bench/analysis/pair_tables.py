"""Build the tables of pairs of methods on the same problems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .estimates import Estimate
from .groups import Group
from .method_pairs import MethodComparison, compare_solved, compare_time
from .report import Cell, Column, ReportTable

SAME = "not distinguishable"

_CORRECTED = (
    "chance: the p-value, the probability that two equal methods differ as much; corrected: the same by Holm's "
    "correction over all pairs, significant up to 0.05."
)


def solved_pairs(group: Group) -> Iterator[ReportTable]:
    """Yield the table that compares Pass@1 by pairs, if there is more than one method."""
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


def time_pairs(group: Group) -> Iterator[ReportTable]:
    """Yield the table that compares the winners' times by pairs, if any pair has common problems."""
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


def _table(
    group: Group, found: Sequence[MethodComparison], *, title: str, about: str, effect: Column, words: str
) -> ReportTable:
    return ReportTable(
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


def _row(each: MethodComparison, words: str) -> tuple[Cell, ...]:
    chances = (
        Estimate(value=chance, problems=each.effect.problems) for chance in (each.p_value, each.corrected_p_value)
    )
    return each.first, each.second, each.effect, *chances, f"{each.better} {words}" if each.better else SAME
