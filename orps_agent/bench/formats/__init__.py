"""Write a bench report in its output formats, all of which render the same value."""

from __future__ import annotations

from typing import Literal

from orps_agent.bench.analysis.report import Report
from orps_agent.errors import MissingExtra

from .csv_table import spreadsheet
from .markdown import markdown
from .terminal import print_tables

Format = Literal["markdown", "csv", "json", "html"]

__all__ = ["Format", "print_tables", "render"]


def render(report: Report, format_: Format) -> str:
    """Return the report as a text in this format, to be written as UTF-8.

    Raises MissingExtra for `html` where the plotting library is not installed; the others need nothing but orps.
    """
    match format_:
        case "markdown":
            return markdown(report)
        case "csv":
            return spreadsheet(report)
        case "json":
            return report.model_dump_json(indent=2) + "\n"
        case "html":
            return _html(report)


def _html(report: Report) -> str:
    try:
        from .html_page import webpage  # noqa: PLC0415 - an extra, and slow to import
    except ModuleNotFoundError as error:
        raise MissingExtra("an HTML report needs matplotlib: pip install 'orps-agent[bench]'") from error
    return webpage(report)
