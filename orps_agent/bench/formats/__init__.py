"""Write a bench report in its output formats, all of which render the same value."""

from __future__ import annotations

from collections.abc import Callable

from orps_agent.bench.analysis.report import Report
from orps_agent.errors import MissingExtra
from orps_agent.util.plugins import Registry

from .csv_table import spreadsheet
from .markdown import markdown
from .terminal import print_tables

__all__ = ["REPORTS", "print_tables", "render"]


def _json(report: Report) -> str:
    return report.model_dump_json(indent=2) + "\n"


def _html(report: Report) -> str:
    try:
        from .html_page import webpage  # noqa: PLC0415 - an extra, and slow to import
    except ModuleNotFoundError as error:
        raise MissingExtra("an HTML report needs matplotlib: pip install 'orps-agent[bench]'") from error
    return webpage(report)


REPORTS: Registry[Callable[[Report], str]] = Registry(
    "orps_agent.reports",
    "report format",
    {"markdown": markdown, "csv": spreadsheet, "json": _json, "html": _html},
    setting="--format",
)
"""The formats by name; each makes a text of a report."""


def render(report: Report, format_: str) -> str:
    """Write the report as a text in this format, to be stored as UTF-8.

    Raises SettingsError for an unknown format, PluginError for a package's format that cannot be used, and MissingExtra
    for `html` where the plots' library is not installed; the other built-in ones need nothing but orps.
    """
    return REPORTS.find(format_)(report)
