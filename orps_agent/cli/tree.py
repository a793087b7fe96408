"""A tree of candidates as lines: all of a small one, and of a big one what somebody would look for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from orps_agent.domain.candidate import Outline, Status, path_key
from orps_agent.util.text import safe

SMALL = 100
"""Candidates up to which a tree is drawn as a whole."""
BEST = 3
"""How many open candidates of one parent a short drawing shows."""

_STYLES = {
    Status.PRUNED: "dim",
    Status.FAILED: "red",
    Status.HALTED: "yellow",
    Status.CLOSED: "cyan",
    Status.RUNNING: "yellow",
}


class Line(NamedTuple):
    """A line of the drawing, and rich's name for how it looks."""

    text: str
    style: str


def draw(outline: Sequence[Outline], winner: str | None, *, everything: bool = False) -> Iterator[Line]:
    """The tree, line by line, a parent before its children.

    One with more than `SMALL` candidates is drawn short unless `everything` is wanted: the winner's branch, what
    was expanded, the best that are open, and how many others there are.
    """
    below: dict[str, list[Outline]] = {}
    for node in outline:
        below.setdefault(node.id.rpartition(".")[0], []).append(node)
    short = not everything and len(outline) > SMALL
    stack = _indented(_chosen(below, "", winner, short), "", top=True)
    while stack:
        head, tail, item = stack.pop()
        if isinstance(item, str):
            yield Line(head + item, "dim")
        else:
            yield Line(head + _label(item, winner), _style(item, winner))
            stack += _indented(_chosen(below, item.id, winner, short), tail)


def _chosen(below: dict[str, list[Outline]], parent: str, winner: str | None, short: bool) -> list[Outline | str]:
    """What is drawn below a parent: its children, or some of them and a count of the others."""
    children = below.get(parent, [])
    if not short:
        return [*children]
    open_ = sorted((each for each in children if each.status is Status.OPEN), key=_rank)
    best = {each.id for each in open_[:BEST]}
    ahead = f"{winner}."
    shown = [each for each in children if each.id in below or each.id in best or ahead.startswith(f"{each.id}.")]
    others = Counter(each.status for each in children) - Counter(each.status for each in shown)
    return [*shown, *([_counted(others)] if others else [])]


def _indented(items: list[Outline | str], indent: str, *, top: bool = False) -> list[tuple[str, str, Outline | str]]:
    """The items, the last one first, each with what stands before it and before what is below it."""
    marks = [("├── ", "│   ")] * (len(items) - 1) + [("└── ", "    ")]
    if top:
        marks = [("", "")] * len(items)
    return [(indent + mark, indent + below, each) for each, (mark, below) in zip(items, marks, strict=False)][::-1]


def _rank(each: Outline) -> tuple[int, float, tuple[int, ...]]:
    return -(each.process or 0), -(each.omega or 0.0), path_key(each.id)


def _counted(others: Counter[Status]) -> str:
    """`… 57 others: 50 pruned, 7 failed`."""
    return f"… {others.total():,} others: " + ", ".join(f"{count:,} {status}" for status, count in others.most_common())


def _style(each: Outline, winner: str | None) -> str:
    return "bold green" if each.id == winner else _STYLES.get(each.status, "none")


def _label(each: Outline, winner: str | None) -> str:
    words = f"{each.id} {safe(each.hint)}"
    if each.tests is not None:
        words += f"  {each.passed}/{each.tests}  ρ {each.process or '-'}  ω {each.omega or 0.0:.2f}"
        words += "  tampering" if each.tampering else "  suspected" if each.flagged else ""
    return f"{words}  {each.status}{'  ← winner' if each.id == winner else ''}"
