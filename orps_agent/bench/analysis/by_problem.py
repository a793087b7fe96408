"""Reduce searches to one value per problem, so that each problem counts once, however many seeds it was run with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from orps_agent.bench.record import DYNAMIC, Record

from .groups import Runs
from .measures import source

Instrument = dict[str, str]
"""Source of measurement of each dynamic cost, by the name of the cost."""


def by_problem(
    runs: Runs, measure: Callable[[Record], float | None], fold: Callable[[Sequence[float]], float]
) -> list[float]:
    """Return one value per problem, in the order of the problems: the fold of its searches' known values.

    A problem without a known value is left out.
    """
    known = ([value for record in records if (value := measure(record)) is not None] for records in runs.values())
    return [fold(values) for values in known if values]


def instruments(records: Iterable[Record]) -> list[Instrument]:
    """Return the ways in which costs were measured; those that contradict each other in no cost are merged.

    Records of different instruments are never combined; `measured_by` selects the records of one.
    """
    found: list[Instrument] = []
    ways = {tuple(_instrument(record).items()) for record in records} - {()}
    for way in sorted(ways, key=lambda way: (-len(way), way)):
        fitting = next((each for each in found if _agree(each, dict(way))), None)
        if fitting is None:
            found.append(dict(way))
        else:
            fitting.update(way)
    return found


def measured_by(runs: Runs, instrument: Instrument, among: Sequence[Instrument]) -> Runs:
    """Return for each problem the searches that this instrument measured, perhaps none.

    A search belongs to the first instrument of `among` that fits it.
    """

    def fits(record: Record) -> bool:
        return next(each for each in among if _agree(each, _instrument(record))) is instrument

    return {place: [record for record in records if fits(record)] for place, records in runs.items()}


def _instrument(record: Record) -> Instrument:
    return {name: by for name in DYNAMIC if (by := source(record, name)) is not None}


def _agree(one: Instrument, other: Instrument) -> bool:
    return all(one.get(name, by) == by for name, by in other.items())
