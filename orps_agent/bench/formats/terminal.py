"""A report for the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as Grid
from rich.text import Text

from orps_agent.bench.analysis.report import GroupReport, Report, Table

from .cells import is_text, line, notes, words

_NARROW = 110
"""Columns of a terminal up to which an interval stands under its value."""
_WIDE = 1_000
"""More columns than any table has."""


def print_tables(console: Console, report: Report) -> None:
    """Print all tables with what has to be known of them, and at the end what the figures mean."""
    _say(console, *report.notes, style="yellow")
    for section in report.sections:
        _say(console, "", section.title, style="bold")
        for group in section.groups:
            _print_group(console, group)
    tables = [table for section in report.sections for group in section.groups for table in group.tables]
    console.print()
    for title, about in {table.title: table.about for table in tables}.items():
        console.print(Text.assemble((f"{line(title)}. ", "bold"), line(about), style="dim"))


def _print_group(console: Console, group: GroupReport) -> None:
    _say(console, *group.notes, style="yellow")
    for table in group.tables:
        _say(console, "", table.title, style="bold")
        _say(console, group.label, style="dim")
        grid = _grid(table, narrow=console.width <= _NARROW)
        if Measurement.get(console, console.options.update_width(_WIDE), grid).minimum <= console.width:
            console.print(grid)
        else:
            _print_rows(console, table)
        _say(console, *notes(table), style="yellow")


def _print_rows(console: Console, table: Table) -> None:
    """One line a cell, where a grid would have to cut off names and numbers."""
    for row in table.rows:
        cells = list(zip(table.columns, row, strict=True))
        names = [str(words(cell, column, table)) for column, cell in cells if column.kind == "name"]
        console.print(Text(", ".join(names)))
        for column, cell in cells:
            if column.kind != "name":
                value, more = words(cell, column, table)
                console.print(Text.assemble(f"  {line(column.name)}: {value} ", (more, "dim")))


def _say(console: Console, *texts: str, style: str) -> None:
    for text in texts:
        console.print(Text(line(text), style=style))  # in a plain string, rich would look for markup and :emoji:


def _grid(table: Table, *, narrow: bool) -> Grid:
    grid = Grid(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in table.columns:
        grid.add_column(Text(line(column.name)), justify="left" if is_text(column) else "right", overflow="fold")
    for row in table.rows:
        cells = [words(cell, column, table) for cell, column in zip(row, table.columns, strict=True)]
        grid.add_row(*(Text.assemble(value, "\n" if narrow and more else " ", (more, "dim")) for value, more in cells))
    return grid
