"""Compute the paper's measures of one record: the share of tests passed, and the cost relative to the gold solution."""

from __future__ import annotations

from orps_agent.bench.record import STATIC, Record

AS_GOLD = 100.0
CAP = 10 * AS_GOLD
"""Maximum relative cost: ten times the gold solution."""

NAMES = {
    "cpu_ns": "time",
    "instructions": "instructions",
    "branch_misses": "branch misses",
    "page_faults": "page faults",
    "lines": "lines",
    "ast_nodes": "AST nodes",
    "cyclomatic": "cyclomatic",
    "cognitive": "cognitive",
}
"""Names of the costs in reports."""


def relative(record: Record, name: str) -> float | None:
    """Return a cost relative to the gold solution's: 100 = as the gold, at most 1000, lower is better.

    100 * winner / gold / pass rate. A winner that passes nothing, or a missing winner, has the cap: a method does
    not get cheaper by failing. A gold of 0 (the cognitive complexity of straight code) gives 100 / pass rate to a
    winner of 0 and the cap to any other. None where the gold has no such cost, the winner was not measured, or the
    two were measured by different sources: a missing value is never 0 and never a guess.
    """
    if source(record, name) is None:
        return None
    if not record.passed:
        return CAP
    share = quotient(record, name)
    return None if share is None else min(CAP, AS_GOLD * share / record.pass_rate)


def quotient(record: Record, name: str) -> float | None:
    """Return the winner's cost over the gold's, uncapped and not divided by the pass rate; None as for `relative`."""
    if record.winner is None or record.gold is None:
        return None
    ours, theirs = record.winner.values.get(name), record.gold.values.get(name)
    if ours is None or theirs is None or record.winner.sources.get(name) != record.gold.sources.get(name):
        return None
    if theirs:
        return ours / theirs
    return float("inf") if ours else 1.0


def source(record: Record, name: str) -> str | None:
    """Return the source of the gold solution's cost: "" for one computed from the text; None where there is none."""
    if record.gold is None or name not in record.gold.values:
        return None
    return "" if name in STATIC else record.gold.sources.get(name, "")
