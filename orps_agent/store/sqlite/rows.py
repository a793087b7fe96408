"""Convert values to columns and back: packed where a column would repeat itself, plain everywhere else."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter

from orps_agent.domain.artifact import Artifact
from orps_agent.domain.candidate import COSTS, Candidate, Outline, Status
from orps_agent.domain.execution import ExecutionReport, Metric, Metrics, NotAnalysable, StaticAnalysis, TamperFlag
from orps_agent.domain.rewards import outcome_reward
from orps_agent.domain.search import Search
from orps_agent.store.ownership import as_seen

OUTLINED = (  # in the order in which `outline` takes them
    "id, round, hint, status, written, passed, tests, omega, process, cpu_ns, instructions, branch_misses, "
    "page_faults, flags"
)
"""Columns that an outline is made from."""
COPIED = f"{OUTLINED}, reasoning, code, report, metrics, analysis, critique, error"
"""Columns of a candidate that a fork copies: all but the search and the candidates that it was shown."""
RESUMABLE = "status IN ('created', 'running', 'interrupted')"
"""SQL condition: the search may be resumed, unless a process works on it or it is in the queue."""
_MEASURED = ("passed", "tests", "omega", "metrics", "flags", *COSTS)
"""Columns whose values come from a report."""
_APART: Any = {"results": {"__all__": {"metrics"}}, "flags": True}
"""Parts of a report that have columns of their own."""
_FLAGS = TypeAdapter(tuple[TamperFlag, ...])
_NUMBERS = {int, float, type(None)}
_PLAIN = ("id", "round", "hint", "status", "reasoning", "critique", "process", "error")


def candidate_columns(changed: Mapping[str, Any]) -> dict[str, object]:
    """Return columns of the candidates table from attributes of a Candidate.

    `report` alone gives verdicts and output; with `outcome` in the same call the measurements are final, and are
    stored as well.
    """
    columns: dict[str, object] = {name: value for name, value in changed.items() if name in _PLAIN}
    if "solution" in changed:
        solution: Artifact | None = changed["solution"]
        columns |= {"code": None if solution is None else solution.source, "written": bool(solution)}
    report = changed.get("report")
    if "report" in changed and report is None:
        columns |= dict.fromkeys(("report", *_MEASURED))
    if isinstance(report, ExecutionReport):
        bare = report.model_dump_json(exclude_defaults=True, exclude=_APART)
        columns |= {"report": bare, "passed": report.passed, "tests": len(report.results)}
        if changed.get("outcome") is not None:
            columns |= {
                "omega": changed["outcome"].value,
                "metrics": json.dumps(pack_metrics([each.metrics for each in report.results]), separators=(",", ":")),
                "flags": _FLAGS.dump_json(report.flags).decode() if report.flags else None,
                **{name: report.mean(name) for name in COSTS},
            }
    if "analysis" in changed:
        columns["analysis"] = changed["analysis"] and _json(changed["analysis"])
    return columns


def search_columns(changed: Mapping[str, Any]) -> dict[str, object]:
    """Return columns of the searches table from attributes of a Search."""
    columns = dict(changed)
    for name in {"problem", "verification"} & columns.keys():
        columns[name] = columns[name] and _json(columns[name])
    if "config" in columns:  # whole: a default that changes must not change what was asked
        columns["config"] = columns["config"].model_dump_json()
    if "start" in columns:
        columns["start"] = columns["start"] and json.dumps(columns["start"])
    return columns


def candidate(row: sqlite3.Row) -> Candidate:
    """Make a candidate from its row; ω's parts are computed again from its report and analysis."""
    columns: dict[str, Any] = {name: row[name] for name in (*_PLAIN, "code")}
    report = _report(row)
    analysis = row["analysis"] and _analysis(row["analysis"])
    outcome = outcome_reward(report, analysis) if report is not None and row["omega"] is not None else None
    shown = json.loads(row["shown"] or "[]")
    return Candidate.model_validate(
        columns | {"shown": shown, "report": report, "analysis": analysis, "outcome": outcome}
    )


def outline(row: sqlite3.Row) -> Outline:
    """Make an outline from a row of OUTLINED, column by column, as a tree may have many thousands."""
    id_, round_, hint, status, written, passed, tests, omega, process, *costs, flags = row
    if not {*map(type, (round_, passed, tests, omega, process, *costs))} <= _NUMBERS:
        raise ValueError(f"the outline of {id_} has something else where numbers belong")
    return Outline(
        id=id_,
        round=round_,
        hint=hint,
        status=Status(status),
        passed=passed,
        tests=tests,
        omega=omega,
        process=process,
        written=bool(written),
        costs={name: cost for name, cost in zip(COSTS, costs, strict=True) if cost is not None},
        flagged=flags is not None,
        tampering='"severity":"tampering"' in (flags or ""),
    )


def pack_metrics(metrics: Sequence[Metrics]) -> list[dict[str, object]]:
    """Pack metrics: one entry for each metric and source, with values and spreads of all tests, null where missing."""
    found: dict[tuple[str, str], list[Metric | None]] = {}
    for index, each in enumerate(metrics):
        for name in Metrics.model_fields:
            metric: Metric | None = getattr(each, name)
            if metric is not None:
                found.setdefault((name, metric.source), [None] * len(metrics))[index] = metric
    return [
        {
            "metric": name,
            "source": source,
            "values": [each and _plain_number(each.value) for each in column],
            "spreads": [each and each.spread for each in column],
        }
        for (name, source), column in found.items()
    ]


def unpack_metrics(packed: Sequence[Mapping[str, Any]], tests: int) -> list[Metrics]:
    """Return the metrics that `pack_metrics` packed."""
    columns: list[dict[str, Metric]] = [{} for _ in range(tests)]
    for entry in packed:
        for index, (value, spread) in enumerate(zip(entry["values"], entry["spreads"], strict=True)):
            if value is not None:
                columns[index][entry["metric"]] = Metric(value=value, source=entry["source"], spread=spread)
    return [Metrics(**column) for column in columns]


def _plain_number(value: float) -> float:
    return int(value) if value.is_integer() else value


def _report(row: sqlite3.Row) -> ExecutionReport | None:
    if row["report"] is None:
        return None
    report = ExecutionReport.model_validate_json(row["report"])
    if row["metrics"] is not None:
        metrics = unpack_metrics(json.loads(row["metrics"]), len(report.results))
        results = [
            each.model_copy(update={"metrics": cost}) for each, cost in zip(report.results, metrics, strict=True)
        ]
        report = report.model_copy(update={"results": tuple(results)})
    if row["flags"] is not None:
        report = report.model_copy(update={"flags": _FLAGS.validate_json(row["flags"])})
    return report


def _analysis(text: str) -> StaticAnalysis | NotAnalysable:
    kind: type[StaticAnalysis | NotAnalysable] = NotAnalysable if "reason" in json.loads(text) else StaticAnalysis
    return kind.model_validate_json(text)


def _json(value: BaseModel) -> str:
    return value.model_dump_json(exclude_defaults=True)


def search_row(row: sqlite3.Row) -> Search:
    """Make a search from its row, with its present status, which depends on the column `waiting`."""
    columns: dict[str, Any] = dict(row)
    waiting = bool(columns.pop("waiting"))
    for name in ("problem", "config", "verification", "start"):
        columns[name] = columns[name] and json.loads(columns[name])
    return as_seen(Search.model_validate(columns), waiting=waiting)
