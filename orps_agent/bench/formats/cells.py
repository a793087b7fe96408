"""Format the cells of a report, in the same way for the terminal, Markdown and the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from orps_agent.bench.analysis.estimates import Estimate
from orps_agent.bench.analysis.report import Cell, Column, Kind, ReportTable
from orps_agent.util.text import duration, money, safe

UNKNOWN = "–"
"""Text of an unknown value: a dash, never 0."""


class Words(NamedTuple):
    """Hold the text of a cell, each part in one line."""

    value: str
    more: str = ""
    """The interval, and the number of problems if it is not all of them."""

    def __str__(self) -> str:
        return f"{self.value} {self.more}".rstrip()


def words(cell: Cell, column: Column, table: ReportTable) -> Words:
    """Return the text of a cell; control and invisible characters in it are escaped."""
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
    """Return the text as one line, with everything invisible escaped."""
    return safe(text).replace("\n", "\\n").replace("\t", "\\t")


def is_text(column: Column) -> bool:
    """Return True when the column's cells are texts, which are left-aligned."""
    return column.kind in {"name", "words"}


def notes(table: ReportTable) -> tuple[str, ...]:
    """Return the notes of a table, with an explanation of the numbers in brackets where there are some."""
    fewer = any(
        isinstance(cell, Estimate) and cell.value is not None and cell.problems != table.problems
        for row in table.rows
        for cell in row
    )
    return (*table.notes, *(["In brackets: the number of problems, where it is not all of them."] if fewer else []))


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
"""For each kind, the formats of a value and of the ends of an interval."""
