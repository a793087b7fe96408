"""Build the report from the records of a bench run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from statistics import median, quantiles

from orps_agent.bench.record import DYNAMIC, Record

from .by_problem import instruments
from .charts import curves, dots, marks, worths
from .estimates import ENOUGH
from .groups import Group, deduplicated, groups, repeats
from .measures import NAMES
from .method_tables import dynamic_costs, passes, spending, static_costs
from .pair_tables import solved_pairs, time_pairs
from .report import GroupReport, Report, ReportTable, Section
from .sample_tables import by_calls, calibration_table, sampling


def summarise_records(records: Iterable[Record]) -> Report:
    """Return the report of the records, whatever their order and however many databases they come from.

    Records that differ in dataset, regime, models, budget or isolation tier are never compared. Seeded: the same
    records give the same report, to the last digit.
    """
    unique, copies = deduplicated(records)
    again = repeats(unique)
    notes = []
    if copies:
        notes.append(f"{_counted(copies, 'copy of a search is', 'copies of searches are')} left out.")
    if again:
        notes.append(
            f"{_counted(again, 'search has', 'searches have')} the problem, method, setup and seed of another one, and "
            "counted like further seeds."
        )
    by_section = groupby(groups(unique), key=lambda group: (group.setup.dataset, group.setup.regime))
    return Report(
        searches=len(unique),
        notes=tuple(notes),
        sections=tuple(
            Section(dataset=dataset, regime=regime, groups=tuple(map(_group, members)))
            for (dataset, regime), members in by_section
        ),
    )


def _group(group: Group) -> GroupReport:
    setup, lines, trusted = group.setup, tuple(curves(group)), tuple(worths(group))
    problems = len(group.places)
    tables: list[ReportTable] = [
        passes(group),
        *solved_pairs(group),
        *dynamic_costs(group),
        *static_costs(group),
        *time_pairs(group),
        spending(group),
        by_calls(lines, problems),
        *sampling(group),
        *([calibration_table(trusted, problems)] if trusted else []),
    ]
    return GroupReport(
        programmer=setup.programmer,
        critic=setup.critic,
        budget=setup.budget,
        tier=setup.tier,
        seeds=tuple(sorted({record.seed for record in group.records})),
        problems=problems,
        methods=tuple(group.methods),
        sources=_sources(group),
        notes=(*group.notes, *_notes(group)),
        tables=tuple(tables),
        curves=lines,
        marks=tuple(marks(group)),
        dots=dots(group),
        worths=trusted,
    )


def _sources(group: Group) -> dict[str, tuple[str, ...]]:
    used = {(source, name) for each in instruments(group.records) for name, source in each.items()}
    sources = sorted(
        {source for source, _ in used}, key=lambda source: [(source, name) not in used for name in DYNAMIC]
    )
    return {source: tuple(NAMES[name] for name in DYNAMIC if (source, name) in used) for source in sources}


def _notes(group: Group) -> Iterator[str]:
    """Yield the caveats that a reader must consider."""
    problems = len(group.places)
    if problems < ENOUGH:
        yield f"Fewer than {ENOUGH} problems: too few for intervals."
    seeds = {record.seed for record in group.records}
    for method, runs in group.methods.items():
        lacking = sum(len(seeds - {record.seed for record in records}) for records in runs.values())
        if lacking:
            yield (
                f"Of {problems * len(seeds)} searches by {method} (problems times seeds) {lacking} are missing; a "
                "problem's value is computed from the remaining seeds."
            )
        cut_short = sum(record.cut_short for records in runs.values() for record in records)
        if cut_short:
            yield (
                f"{_counted(cut_short, 'search', 'searches')} by {method} ended by the limits of the whole batch, "
                "before their own budget was used up."
            )
    without_gold = sum(
        all(record.gold is None for runs in group.methods.values() for record in runs[place]) for place in group.places
    )
    if without_gold:
        yield (
            f"{_counted(without_gold, 'problem has', 'problems have')} no gold solution that passes its own tests, and "
            "so no relative costs."
        )
    yield from _noise(group)


def _noise(group: Group) -> Iterator[str]:
    costs = [each for record in group.records for each in (record.winner, record.gold) if each is not None]
    for name in DYNAMIC:
        spreads = [each.spreads[name] for each in costs if name in each.spreads]
        if len(spreads) > 1:
            often = quantiles(spreads, n=10, method="inclusive")[-1]
            yield (
                f"Noise of {NAMES[name]}: repeats of one measurement differ by {median(spreads):.1%} in the median, "
                f"and by {often:.1%} or more in one of ten."
            )


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
