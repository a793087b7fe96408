"""Build the tables of single methods: correctness, costs of the winners, spending."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean, median

from orps_agent.bench.record import STATIC, Record

from .by_problem import by_problem, instruments, measured_by
from .charts import pass_at_1
from .estimates import Estimate, median_estimate, share_estimate
from .groups import Group, Runs
from .measures import NAMES, relative
from .report import Column, Kind, ReportTable

METHOD = Column(name="method", kind="name")

_RELATIVE = (
    "100 * winner / gold / pass rate, at most 1000, and 1000 for a winner that passes nothing. Medians over problems, "
    "of several seeds their median first, with 95% bootstrap intervals."
)


def passes(group: Group) -> ReportTable:
    """Return Pass@1, the mean share of tests passed, and the share of winners that could be analysed."""
    rows = [
        (
            method,
            pass_at_1(runs),
            share_estimate(by_problem(runs, lambda record: record.pass_rate, fmean)),
            share_estimate(by_problem(runs, lambda record: float(record.valid), fmean)),
            Estimate(value=sum(map(len, runs.values())), problems=len(runs)),
        )
        for method, runs in group.methods.items()
    ]
    return ReportTable(
        title="Correctness",
        about="Pass@1: the winner passes all held-back tests; tests: the share of them that it passes; valid: there is "
        "a winner, and its source can be analysed. Means over problems, of several seeds their mean first, with 95% "
        "bootstrap intervals.",
        columns=(
            METHOD,
            *(Column(name=name, kind="share") for name in ("Pass@1", "tests", "valid")),
            Column(name="searches", kind="count"),
        ),
        rows=tuple(rows),
        problems=len(group.places),
    )


def dynamic_costs(group: Group) -> Iterator[ReportTable]:
    """Yield the costs of running, relative to the gold solution's, in a table for each instrument."""
    among = instruments(group.records)
    for instrument in among:
        methods = {method: measured_by(runs, instrument, among) for method, runs in group.methods.items()}
        measured = ", ".join(f"{NAMES[name]} by {by}" for name, by in instrument.items())
        note = f"Only what was measured in this way: {measured}." if len(among) > 1 else None
        yield _relatives("Cost of running", methods, list(instrument), note=note)


def static_costs(group: Group) -> Iterator[ReportTable]:
    """Yield size and complexity, relative to the gold solution's."""
    if any(record.gold for record in group.records):
        yield _relatives("Size and complexity", group.methods, STATIC)


def _relatives(
    title: str, methods: Mapping[str, Runs], names: Sequence[str], *, note: str | None = None
) -> ReportTable:
    def estimate(runs: Runs, name: str) -> Estimate:
        return median_estimate(by_problem(runs, lambda record: relative(record, name), median))

    return ReportTable(
        title=f"{title} (gold solution = 100, lower is better)",
        about=_RELATIVE,
        columns=(METHOD, *(Column(name=NAMES[name], kind="relative") for name in names)),
        rows=tuple((method, *(estimate(runs, name) for name in names)) for method, runs in methods.items()),
        problems=len(next(iter(methods.values()))),
        notes=(note,) if note else (),
    )


_Fold = Callable[[Sequence[float]], float]
_SPENT: tuple[tuple[str, Kind, Callable[[Record], float | None], _Fold], ...] = (
    ("calls", "count", lambda record: record.calls, fmean),
    ("prompt tokens", "count", lambda record: record.prompt_tokens, fmean),
    ("completion tokens", "count", lambda record: record.completion_tokens, fmean),
    ("cost", "usd", lambda record: record.cost, fmean),
    ("cost of all", "usd", lambda record: record.cost, sum),
    ("wall time", "seconds", lambda record: record.seconds, median),
)


def spending(group: Group) -> ReportTable:
    """Return calls, tokens, money and time that a search takes."""
    rows, notes = [], []
    for method, runs in group.methods.items():
        records = [record for each in runs.values() for record in each]
        unknown = {name: sum(of(record) is None for record in records) for name, _, of, _ in _SPENT}
        cells = (
            Estimate(value=None if unknown[name] else fold(by_problem(runs, of, fold)), problems=len(runs))
            for name, _, of, fold in _SPENT
        )
        rows.append((method, *cells))
        notes += [
            f"Unknown: {name} of {missing} of {len(records)} searches by {method}."
            for name, missing in unknown.items()
            if missing and name != "cost of all"
        ]
    return ReportTable(
        title="Spent on a problem",
        about="Calls, tokens and cost in USD: means over problems, of several seeds their mean first; cost of all: the "
        "sum over all searches; wall time: medians. A value that is unknown for any search is unknown.",
        columns=(METHOD, *(Column(name=name, kind=kind) for name, kind, _, _ in _SPENT)),
        rows=tuple(rows),
        problems=len(group.places),
        notes=tuple(notes),
    )
