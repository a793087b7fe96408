"""Write a report as CSV: one line per figure, with all that identifies it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from orps_agent.bench.analysis.report import Cell, GroupReport, Report, ReportTable

COLUMNS = (
    "dataset", "regime", "programmer", "critic", "budget", "tier", "seeds", "table", "row", "column",
    "value", "low", "high", "problems",
)  # fmt: skip


def spreadsheet(report: Report) -> str:
    """Return all figures of all tables, in full precision, and every problem's results. Unknown values are empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for section in report.sections:
        for group in section.groups:
            seeds = " ".join(map(str, group.seeds))
            setup = (section.dataset, section.regime, group.programmer, group.critic, group.budget, group.tier, seeds)
            for figure in _figures(group):
                writer.writerow([_plain(value) for value in (*setup, *figure)])
    return text.getvalue()


_Figure = tuple[str | float | None, ...]


def _figures(group: GroupReport) -> Iterator[_Figure]:
    for table in group.tables:
        for row in table.rows:
            yield from _cells(table, row)
    for method, shares in zip(group.dots.methods, group.dots.passed, strict=True):
        for problem, share in zip(group.dots.problems, shares, strict=True):
            yield "Tests passed by problem", method, problem, share, None, None, 1


def _cells(table: ReportTable, row: tuple[Cell, ...]) -> Iterator[_Figure]:
    name = " / ".join(str(cell) for cell, column in zip(row, table.columns, strict=True) if column.kind == "name")
    for cell, column in zip(row, table.columns, strict=True):
        if column.kind == "name":
            continue
        if isinstance(cell, str):
            yield table.title, name, column.name, cell, None, None, None
        else:
            yield table.title, name, column.name, cell.value, cell.low, cell.high, cell.problems


def _plain(value: str | float | None) -> str | float | None:
    """Return the value; a text that a spreadsheet would take for a formula is prefixed with an apostrophe."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
