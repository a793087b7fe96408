"""A report for the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from orps_agent.bench.report import GroupReport, Report, Table

from .words import is_text, line, notes, words

_NARROW = 110
"""Columns of a terminal up to which an interval stands under its value."""


def print_tables(console: Console, report: Report) -> None:
    """Print all tables with what has to be known of them."""
    for note in report.notes:
        console.print(line(note), style="yellow", markup=False)
    for section in report.sections:
        console.print()
        console.print(line(section.title), style="bold", markup=False)
        for group in section.groups:
            _print_group(console, group)
    abouts = {
        table.title: table.about for section in report.sections for each in section.groups for table in each.tables
    }
    console.print()
    for title, about in abouts.items():
        console.print(Text.assemble((f"{line(title)}. ", "bold"), line(about), style="dim"))


def _print_group(console: Console, group: GroupReport) -> None:
    for note in group.notes:
        console.print(line(note), style="yellow", markup=False)
    for table in group.tables:
        console.print()
        console.print(line(table.title), style="bold", markup=False)
        console.print(line(group.label), style="dim", markup=False)
        console.print(_grid(table, narrow=console.width <= _NARROW))
        for note in notes(table):
            console.print(line(note), style="yellow", markup=False)


def _grid(table: Table, *, narrow: bool) -> Grid:
    grid = Grid(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in table.columns:
        # Rich would take [brackets] in a header for markup of its own.
        grid.add_column(Text(line(column.name)), justify="left" if is_text(column) else "right")
    for row in table.rows:
        cells = [words(cell, column, table) for cell, column in zip(row, table.columns, strict=True)]
        grid.add_row(*(Text.assemble(value, "\n" if narrow and more else " ", (more, "dim")) for value, more in cells))
    return grid
