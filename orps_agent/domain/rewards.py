"""Compute the outcome reward and the order of winners: pure functions over a tree's values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from orps_agent.settings import WinnerKey

from .candidate import OutcomeReward, Outline, RewardPart, path_key
from .execution import ExecutionReport, NotAnalysable, StaticAnalysis

STATIC_SCALES = {"ast_nodes": 100.0, "cyclomatic": 1.0, "cognitive": 10.0, "lines": 50.0}
DYNAMIC_SCALES = {"cpu_ns": 1e7, "instructions": 1e5, "branch_misses": 1e3, "page_faults": 100.0}


def decay(raw: float, scale: float) -> float:
    """Return 1/(1 + raw/scale): 1 for a quantity of 0, one half at the scale, towards 0 for ever larger ones."""
    return 1 / (1 + raw / scale)


def outcome_reward(report: ExecutionReport, analysis: StaticAnalysis | NotAnalysable | None) -> OutcomeReward:
    """Compute ω = p * (1 + 0.5*static + 0.5*dynamic), with p the pass rate; 0 when nothing passed, at most 2.

    static and dynamic are the means of `decay` over the signals that were measured. A missing signal does not count as
    0, which would be the best score: the mean is over the others, and a missing group leaves its half to the other.
    """
    p = report.pass_rate
    static_raw = {name: getattr(analysis, name, None) for name in STATIC_SCALES}
    dynamic_raw = {name: report.mean(name) for name in DYNAMIC_SCALES}
    static_parts, static = _group("static", static_raw, STATIC_SCALES)
    dynamic_parts, dynamic = _group("dynamic", dynamic_raw, DYNAMIC_SCALES)
    quality = _mean([group for group in (static, dynamic) if group is not None]) or 0.0
    return OutcomeReward(
        value=p * (1 + quality),
        pass_rate=p,
        static=static,
        dynamic=dynamic,
        parts=(*static_parts, *dynamic_parts),
    )


def _group(group: str, raw: dict[str, float | None], scales: dict[str, float]) -> tuple[list[RewardPart], float | None]:
    present = sum(value is not None for value in raw.values())
    parts = [
        RewardPart(
            name=name,
            group=group,
            raw=value,
            score=None if value is None else decay(value, scales[name]),
            weight=0.0 if value is None else 1 / present,
        )
        for name, value in raw.items()
    ]
    return parts, _mean([part.score for part in parts if part.score is not None])


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def winner(
    outlines: Iterable[Outline], order: Sequence[WinnerKey], *, tampering_may_win: bool = False
) -> Outline | None:
    """Return the best candidate that may win, by the keys of `order` in turn; ties go to the lower id.

    Each key counts in its better direction. A candidate that lacks a metric ranks behind those that have it.
    """
    allowed = eligible(outlines, tampering_may_win=tampering_may_win)
    if not allowed:
        return None
    return min(allowed, key=lambda each: (*(_KEYS[key](each) for key in order), path_key(each.id)))


def eligible(outlines: Iterable[Outline], *, tampering_may_win: bool = False) -> list[Outline]:
    """Return the candidates that may win: executed, with code, and without tampering unless that is permitted."""
    return [
        each
        for each in outlines
        if each.written and each.tests is not None and (tampering_may_win or not each.tampering)
    ]


def _lower(metric: str) -> Callable[[Outline], float]:
    return lambda outline: outline.costs.get(metric, float("inf"))


_KEYS: dict[WinnerKey, Callable[[Outline], float]] = {
    "pass_rate": lambda each: -each.pass_rate,
    "time": _lower("cpu_ns"),
    "omega": lambda each: -(each.omega or 0.0),
    "rho": lambda each: -(each.process or 0),
    "instructions": _lower("instructions"),
    "branch_misses": _lower("branch_misses"),
    "page_faults": _lower("page_faults"),
}
