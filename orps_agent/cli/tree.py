"""Draw a tree of candidates as lines: a small tree in full, a large one reduced to its most relevant candidates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from orps_agent.domain.candidate import Outline, Status, path_key
from orps_agent.util.text import safe

SMALL = 100
"""Largest number of candidates for which a tree is drawn in full."""
BEST = 3
"""Number of open candidates per parent that a reduced drawing shows."""

_STYLES = {
    Status.PRUNED: "dim",
    Status.FAILED: "red",
    Status.HALTED: "yellow",
    Status.CLOSED: "cyan",
    Status.RUNNING: "yellow",
}


class Line(NamedTuple):
    """Hold a line of the drawing and its style in rich's notation."""

    text: str
    style: str


def draw(outline: Sequence[Outline], winner: str | None, *, everything: bool = False) -> Iterator[Line]:
    """Yield the lines of the tree, each parent before its children.

    A tree with more than `SMALL` candidates is reduced unless `everything` is set: to the winner's branch, the
    expanded candidates, the best open ones, and a count of the others.
    """
    below: dict[str, list[Outline]] = {}
    for node in outline:
        below.setdefault(node.id.rpartition(".")[0], []).append(node)
    short = not everything and len(outline) > SMALL
    stack = _indented(_visible_children(below, "", winner, short), "", top=True)
    while stack:
        head, tail, item = stack.pop()
        if isinstance(item, str):
            yield Line(head + item, "dim")
        else:
            yield Line(head + _label(item, winner), _style(item, winner))
            stack += _indented(_visible_children(below, item.id, winner, short), tail)


def _visible_children(
    below: dict[str, list[Outline]], parent: str, winner: str | None, short: bool
) -> list[Outline | str]:
    """Return the items to draw below a parent: all its children, or some of them and a count of the others."""
    children = below.get(parent, [])
    if not short:
        return [*children]
    open_ = sorted((each for each in children if each.status is Status.OPEN), key=_rank)
    best = {each.id for each in open_[:BEST]}
    ahead = f"{winner}."
    shown = [each for each in children if each.id in below or each.id in best or ahead.startswith(f"{each.id}.")]
    others = Counter(each.status for each in children) - Counter(each.status for each in shown)
    return [*shown, *([_format_counts(others)] if others else [])]


def _indented(items: list[Outline | str], indent: str, *, top: bool = False) -> list[tuple[str, str, Outline | str]]:
    """Return the items in reverse order, each with the prefix of its own line and that of the lines below it."""
    marks = [("├── ", "│   ")] * (len(items) - 1) + [("└── ", "    ")]
    if top:
        marks = [("", "")] * len(items)
    return [(indent + mark, indent + below, each) for each, (mark, below) in zip(items, marks, strict=False)][::-1]


def _rank(each: Outline) -> tuple[int, float, tuple[int, ...]]:
    return -(each.process or 0), -(each.omega or 0.0), path_key(each.id)


def _format_counts(others: Counter[Status]) -> str:
    """Format counts by status, such as `… 57 others: 50 pruned, 7 failed`."""
    return f"… {others.total():,} others: " + ", ".join(f"{count:,} {status}" for status, count in others.most_common())


def _style(each: Outline, winner: str | None) -> str:
    return "bold green" if each.id == winner else _STYLES.get(each.status, "none")


def _label(each: Outline, winner: str | None) -> str:
    words = f"{each.id} {safe(each.hint)}"
    if each.tests is not None:
        words += f"  {each.passed}/{each.tests}  ρ {each.process or '-'}  ω {each.omega or 0.0:.2f}"
        words += "  tampering" if each.tampering else "  suspected" if each.flagged else ""
    return f"{words}  {each.status}{'  ← winner' if each.id == winner else ''}"
