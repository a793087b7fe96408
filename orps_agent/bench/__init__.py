"""Benchmarks: datasets, methods at equal budget, measures against the gold solutions, and reports.

report = summarise_records(records)
print(render(report, "markdown"))
"""

from .record import Record
from .report import Report
from .reports import print_tables, render
from .summary import summarise_records

__all__ = ["Record", "Report", "print_tables", "render", "summarise_records"]
