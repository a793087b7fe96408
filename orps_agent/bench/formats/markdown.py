"""Write a report as Markdown, with tables in GitHub's syntax."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orps_agent.bench.analysis.report import GroupReport, Report, ReportTable

from .cells import is_text, line, notes, words

_MARKUP = re.compile(r"[\\`*_\[\]<>&#~$|!@]|(?<=http)(?=s?:)|(?<=www)(?=\.)", re.IGNORECASE)


def markdown(report: Report) -> str:
    """Return the report; all external content is inserted as text."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield "# Benchmark"
    yield from _paragraphs(report.notes)
    for section in report.sections:
        yield f"\n## {_text(section.title)}"
        for group in section.groups:
            yield f"\n### {_text(group.label)}"
            yield from _paragraphs(group.notes)
            for table in group.tables:
                yield from _table(table, group)
    yield ""


def _paragraphs(texts: tuple[str, ...]) -> Iterator[str]:
    for text in texts:
        yield f"\n{_text(text)}"


def _table(table: ReportTable, group: GroupReport) -> Iterator[str]:
    yield f"\n**{_text(table.title)}**\n"
    yield f"{_text(table.about)} ({_text(group.label)})\n"
    yield _row([_text(column.name) for column in table.columns])
    yield _row(["---" if is_text(column) else "--:" for column in table.columns])
    for row in table.rows:
        yield _row([_text(str(words(cell, column, table))) for cell, column in zip(row, table.columns, strict=True)])
    yield from _paragraphs(notes(table))


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    """Escape everything that Markdown would take for markup or turn into a link."""
    return _MARKUP.sub(lambda match: f"\\{match.group()}" if match.group() else "\\", line(text))
