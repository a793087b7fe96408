"""How the cells of a report read: one wording for the terminal, Markdown and the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from orps_agent.bench.analysis.estimates import Estimate
from orps_agent.bench.analysis.report import Cell, Column, Kind, Table
from orps_agent.util.text import duration, money, safe

UNKNOWN = "–"
"""What is not known is a dash, never 0."""


class Words(NamedTuple):
    """A cell in words, in one line each."""

    value: str
    more: str = ""
    """The interval and, where it is not made from all problems, from how many."""

    def __str__(self) -> str:
        return f"{self.value} {self.more}".rstrip()


def words(cell: Cell, column: Column, table: Table) -> Words:
    """What stands in a cell; nothing in it can steer a terminal or hide."""
    if isinstance(cell, str):
        return Words(line(cell))
    if cell.value is None:
        return Words(UNKNOWN)
    value, end = _KINDS[column.kind]
    more = []
    if cell.low is not None and cell.high is not None:
        more.append(f"[{end(cell.low)}, {end(cell.high)}]")
    if cell.problems != table.problems and column.kind != "chance":
        more.append(f"({cell.problems})")
    return Words(value(cell.value), " ".join(more))


def line(text: str) -> str:
    """The text as one line, with everything invisible written out."""
    return safe(text).replace("\n", "\\n").replace("\t", "\\t")


def is_text(column: Column) -> bool:
    """Whether the column's cells are texts, which stand at the left."""
    return column.kind in {"name", "words"}


def notes(table: Table) -> tuple[str, ...]:
    """What has to be known of a table, the numbers in brackets explained where there are some."""
    fewer = any(
        isinstance(cell, Estimate) and cell.value is not None and cell.problems != table.problems
        for row in table.rows
        for cell in row
    )
    return (*table.notes, *(["In brackets: from how many problems, where it is not all."] if fewer else []))


def _count(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) or value >= 100 else f"{value:.1f}"


def _signed(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", "−")


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 10 else duration(value)


def _chance(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


_Number = Callable[[float], str]
_KINDS: dict[Kind, tuple[_Number, _Number]] = {
    "share": (lambda value: f"{100 * value:.1f}%", lambda value: f"{100 * value:.1f}"),
    "points": (_signed, _signed),
    "relative": (lambda value: f"{value:.0f}", lambda value: f"{value:.0f}"),
    "ratio": (lambda value: f"{value:.2f}", lambda value: f"{value:.2f}"),
    "count": (_count, _count),
    "usd": (money, money),
    "seconds": (_seconds, _seconds),
    "chance": (_chance, _chance),
    "number": (lambda value: f"{value:.2f}".replace("-", "−"), lambda value: f"{value:.2f}"),
}
"""For each kind, how a value and how the end of an interval reads."""
