"""Write a report as one HTML file: no network, no scripts, readable in light and dark. Needs the extra `bench`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from string import Template

from orps_agent.bench.analysis.report import Cell, Column, GroupReport, Report, ReportTable, Section
from orps_agent.page import common
from orps_agent.page.policy import policy

from .cells import is_text, line, notes, words
from .plot_style import Plot
from .plots import plots


def webpage(report: Report) -> str:
    """Return the page, to be written as UTF-8.

    All external content is inserted as text: the page's Content-Security-Policy admits its own style by its hash, and
    nothing else.
    """
    style = common() + _read("report.css")
    return Template(_read("report.html")).substitute(
        policy=policy(style),
        style=style,
        searches=f"{report.searches:,} searches",
        notes=_notes(report.notes),
        sections="\n".join(_section(section, number) for number, section in enumerate(report.sections)),
    )


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _section(section: Section, number: int) -> str:
    groups = "\n".join(_group(group, f"{number}-{at}") for at, group in enumerate(section.groups))
    return f"<section>\n<h2>{_text(section.title)}</h2>\n{groups}\n</section>"


def _group(group: GroupReport, name: str) -> str:
    return "\n".join(
        (
            f"<section>\n<h3>{_text(group.label)}</h3>",
            _notes(group.notes),
            '<div class="plots">',
            *(_figure(plot, group) for plot in plots(group, name)),
            '</div>\n<div class="tables">',
            *(_table(table, group) for table in group.tables),
            "</div>\n</section>",
        )
    )


def _notes(notes: Iterable[str]) -> str:
    return "".join(f'<p class="note">{_text(note)}</p>' for note in notes)


def _figure(plot: Plot, group: GroupReport) -> str:
    keys = "".join(f'<li><span class="{key.colour}">{key.sign}</span> {_text(key.words)}</li>' for key in plot.legend)
    drawn = "".join(f"<div>{svg}</div>" for svg in plot.svgs)
    kind = "wide" if len(plot.svgs) > 1 else "plot"
    return (
        f'<figure class="{kind}"><h4>{_text(plot.title)}</h4><p>{_text(plot.about)}</p>'
        f'<ul class="legend">{keys}</ul>'
        f'<div class="drawn" role="img" aria-label="{_text(plot.title)}">{drawn}</div>'
        f"<figcaption>{_text(group.label)}</figcaption></figure>"
    )


def _table(table: ReportTable, group: GroupReport) -> str:
    head = "".join(f'<th scope="col"{_side(column)}>{_text(column.name)}</th>' for column in table.columns)
    rows = "".join(f"<tr>{''.join(_cells(row, table))}</tr>" for row in table.rows)
    return (
        f'<figure><h4>{_text(table.title)}</h4><p>{_text(table.about)}</p><div class="scrolled" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f"{_notes(notes(table))}<figcaption>{_text(group.label)}</figcaption></figure>"
    )


def _cells(row: tuple[Cell, ...], table: ReportTable) -> Iterator[str]:
    for cell, column in zip(row, table.columns, strict=True):
        value, more = words(cell, column, table)
        if column.kind == "name":
            yield f'<th scope="row">{_text(value)}</th>'
        else:
            yield f"<td{_side(column)}>{_text(value)}{f' <span>{_text(more)}</span>' if more else ''}</td>"


def _side(column: Column) -> str:
    return "" if is_text(column) else ' class="number"'


def _text(text: str) -> str:
    return escape(line(text))
