"""Build the tables about candidates: the effect of their number, and the calibration of the critic's scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .charts import share_at
from .estimates import Estimate, pass_at_k, share_estimate
from .groups import Group, Runs
from .method_tables import METHOD
from .report import Cell, Column, CriticWorth, Curve, ReportTable

_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def by_calls(curves: Sequence[Curve], problems: int) -> ReportTable:
    """Return Pass@1, had every search ended after so many model calls."""
    last = max(curve.points[-1][0] for curve in curves)
    steps = [*(step for step in _STEPS if step < last), last]
    return ReportTable(
        title="Pass@1 by model calls",
        about="The share of problems solved by the winner, had every search ended after so many model calls.",
        columns=(METHOD, *(Column(name=f"{step:,}", kind="share") for step in steps)),
        rows=tuple(
            (curve.method, *(Estimate(value=share_at(curve, step), problems=problems) for step in steps))
            for curve in curves
        ),
        problems=problems,
    )


def sampling(group: Group) -> Iterator[ReportTable]:
    """Yield pass@k of the first round's candidates, for methods with several of them for every problem."""
    drawn = {method: _drawn(runs) for method, runs in group.methods.items()}
    fewest = {method: min(samples for samples, _ in counts) for method, counts in drawn.items()}
    several = [method for method in drawn if fewest[method] > 1]
    ks = [k for k in _STEPS if any(k <= fewest[method] for method in several)]
    if several:
        yield ReportTable(
            title="pass@k of the first round",
            about="The probability that at least one of k candidates passes all held-back tests (Chen et al. 2021): of "
            "the independent candidates of the first round, of all seeds together. Means over problems with 95% "
            "bootstrap intervals.",
            columns=(METHOD, *(Column(name=f"pass@{k}", kind="share") for k in ks)),
            rows=tuple((method, *(_pass_at(drawn[method], k) for k in ks)) for method in several),
            problems=len(group.places),
        )


def _drawn(runs: Runs) -> list[tuple[int, int]]:
    """Return, by problem, the number of candidates in its searches' first rounds, and the number of right ones."""
    found = []
    for place, records in runs.items():
        right = [sample.passed == place.tests for record in records for sample in record.samples if sample.round == 0]
        found.append((len(right), sum(right)))
    return found


def _pass_at(drawn: Sequence[tuple[int, int]], k: int) -> Estimate:
    if min(samples for samples, _ in drawn) < k:
        return Estimate(value=None, problems=len(drawn))
    return share_estimate([pass_at_k(samples, right, k) for samples, right in drawn])


def calibration_table(worths: Sequence[CriticWorth], problems: int) -> ReportTable:
    """Return the calibration of the critics' scores."""
    return ReportTable(
        title="The critic's calibration",
        about="Rank correlation of the critic's scores with the share of the held-back tests passed, over the "
        "candidates of all problems; chance: the p-value, how often randomly permuted scores correlate as well.",
        columns=(
            METHOD,
            Column(name="candidates", kind="count"),
            Column(name="correlation", kind="number"),
            Column(name="chance", kind="chance"),
            Column(name="in words", kind="words"),
        ),
        rows=tuple(_calibration_row(each, problems) for each in worths),
        problems=problems,
    )


def _calibration_row(worth: CriticWorth, problems: int) -> tuple[Cell, ...]:
    calibration = worth.calibration
    words = "one of the two never varies" if calibration.spearman is None else calibration.worth
    values = (calibration.pairs, calibration.spearman, calibration.chance)
    return worth.method, *(Estimate(value=value, problems=problems) for value in values), words
