"""Print a report to the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as Grid
from rich.text import Text

from orps_agent.bench.analysis.report import GroupReport, Report, ReportTable

from .cells import is_text, line, notes, words

_NARROW = 110
"""Width of a terminal in columns up to which an interval is printed below its value."""
_WIDE = 1_000
"""Width in columns that exceeds any table."""


def print_tables(console: Console, report: Report) -> None:
    """Print all tables with their notes, and at the end the meaning of the figures."""
    _print_lines(console, *report.notes, style="yellow")
    for section in report.sections:
        _print_lines(console, "", section.title, style="bold")
        for group in section.groups:
            _print_group(console, group)
    tables = [table for section in report.sections for group in section.groups for table in group.tables]
    console.print()
    for title, about in {table.title: table.about for table in tables}.items():
        console.print(Text.assemble((f"{line(title)}. ", "bold"), line(about), style="dim"))


def _print_group(console: Console, group: GroupReport) -> None:
    _print_lines(console, *group.notes, style="yellow")
    for table in group.tables:
        _print_lines(console, "", table.title, style="bold")
        _print_lines(console, group.label, style="dim")
        grid = _grid(table, narrow=console.width <= _NARROW)
        if Measurement.get(console, console.options.update_width(_WIDE), grid).minimum <= console.width:
            console.print(grid)
        else:
            _print_rows(console, table)
        _print_lines(console, *notes(table), style="yellow")


def _print_rows(console: Console, table: ReportTable) -> None:
    """Print one line per cell, where a grid would have to truncate names and numbers."""
    for row in table.rows:
        cells = list(zip(table.columns, row, strict=True))
        names = [str(words(cell, column, table)) for column, cell in cells if column.kind == "name"]
        console.print(Text(", ".join(names)))
        for column, cell in cells:
            if column.kind != "name":
                value, more = words(cell, column, table)
                console.print(Text.assemble(f"  {line(column.name)}: {value} ", (more, "dim")))


def _print_lines(console: Console, *texts: str, style: str) -> None:
    for text in texts:
        console.print(Text(line(text), style=style))  # in a plain string, rich would look for markup and :emoji:


def _grid(table: ReportTable, *, narrow: bool) -> Grid:
    grid = Grid(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in table.columns:
        grid.add_column(Text(line(column.name)), justify="left" if is_text(column) else "right", overflow="fold")
    for row in table.rows:
        cells = [words(cell, column, table) for cell, column in zip(row, table.columns, strict=True)]
        grid.add_row(*(Text.assemble(value, "\n" if narrow and more else " ", (more, "dim")) for value, more in cells))
    return grid
