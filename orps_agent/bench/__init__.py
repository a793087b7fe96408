"""Run benchmarks: datasets, methods at equal budget, measures against the gold solutions, and reports.

report = summarise_records(records)
print(render(report, "markdown"))
"""

from .analysis.report import Report
from .analysis.reporter import summarise_records
from .formats import print_tables, render
from .record import Record

__all__ = ["Record", "Report", "print_tables", "render", "summarise_records"]
