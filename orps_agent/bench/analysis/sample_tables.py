"""The tables about candidates: what more of them bring, and what the critic's scores of them were worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .charts import share_at
from .estimates import Estimate, pass_at_k, share_estimate
from .groups import Group, Runs
from .method_tables import METHOD
from .report import Cell, Column, Curve, Table, Worth

_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def by_calls(curves: Sequence[Curve], problems: int) -> Table:
    """Pass@1, had every search ended after so many model calls."""
    last = max(curve.points[-1][0] for curve in curves)
    steps = [*(step for step in _STEPS if step < last), last]
    return Table(
        title="Pass@1 by model calls",
        about="The share of problems solved by the winner, had every search ended after so many model calls.",
        columns=(METHOD, *(Column(name=f"{step:,}", kind="share") for step in steps)),
        rows=tuple(
            (curve.method, *(Estimate(value=share_at(curve, step), problems=problems) for step in steps))
            for curve in curves
        ),
        problems=problems,
    )


def sampling(group: Group) -> Iterator[Table]:
    """pass@k of the first round's candidates, for methods that have several of them for every problem."""
    drawn = {method: _drawn(runs) for method, runs in group.methods.items()}
    fewest = {method: min(samples for samples, _ in counts) for method, counts in drawn.items()}
    several = [method for method in drawn if fewest[method] > 1]
    ks = [k for k in _STEPS if any(k <= fewest[method] for method in several)]
    if several:
        yield Table(
            title="pass@k of the first round",
            about="How likely at least one of k candidates passes all held-back tests (Chen et al. 2021): of those of "
            "the first round, which know nothing of one another, of all seeds together. Means over problems with 95% "
            "bootstrap intervals.",
            columns=(METHOD, *(Column(name=f"pass@{k}", kind="share") for k in ks)),
            rows=tuple((method, *(_pass_at(drawn[method], k) for k in ks)) for method in several),
            problems=len(group.places),
        )


def _drawn(runs: Runs) -> list[tuple[int, int]]:
    """By problem, how many candidates the first rounds of its searches have, and how many of them are right."""
    found = []
    for place, records in runs.items():
        right = [sample.passed == place.tests for record in records for sample in record.samples if sample.round == 0]
        found.append((len(right), sum(right)))
    return found


def _pass_at(drawn: Sequence[tuple[int, int]], k: int) -> Estimate:
    if min(samples for samples, _ in drawn) < k:
        return Estimate(value=None, problems=len(drawn))
    return share_estimate([pass_at_k(samples, right, k) for samples, right in drawn])


def trust(worths: Sequence[Worth], problems: int) -> Table:
    """What the critics' scores were worth."""
    return Table(
        title="The critic's calibration",
        about="Rank correlation of the critic's scores with the share of the held-back tests passed, over the "
        "candidates of all problems; chance: how often scores dealt out at random correlate as well.",
        columns=(
            METHOD,
            Column(name="candidates", kind="count"),
            Column(name="correlation", kind="number"),
            Column(name="chance", kind="chance"),
            Column(name="in words", kind="words"),
        ),
        rows=tuple(_trust(each, problems) for each in worths),
        problems=problems,
    )


def _trust(worth: Worth, problems: int) -> tuple[Cell, ...]:
    calibration = worth.calibration
    words = "one of the two never varies" if calibration.spearman is None else calibration.worth
    values = (calibration.pairs, calibration.spearman, calibration.chance)
    return worth.method, *(Estimate(value=value, problems=problems) for value in values), words
