"""Group the records that can be compared: same dataset and regime, same models, budget and isolation tier."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from orps_agent.bench.record import Record, Regime

_Key = TypeVar("_Key", bound=Hashable)


class ProblemKey(NamedTuple):
    """Identify a problem by its name and its number of held-back tests: with other tests it is another problem."""

    problem: str
    tests: int


Runs = dict[ProblemKey, list[Record]]
"""Searches of one method by problem, usually one per seed."""


class Setup(NamedTuple):
    """Hold the properties that searches must share to be compared."""

    dataset: str
    regime: Regime
    programmer: str
    critic: str
    budget: str
    tier: int | None


@dataclass(frozen=True)
class Group:
    """Hold the methods of one setup, all on the same problems in the same order."""

    setup: Setup
    methods: dict[str, Runs]
    notes: tuple[str, ...]
    """Sentences about what was left out."""

    @property
    def records(self) -> list[Record]:
        """Return the records of all methods and problems."""
        return [record for runs in self.methods.values() for records in runs.values() for record in records]

    @property
    def places(self) -> list[ProblemKey]:
        """Return the problems, in order."""
        return list(next(iter(self.methods.values())))


def deduplicated(records: Iterable[Record]) -> tuple[list[Record], int]:
    """Return every search once, in an order independent of the input's, and the number of copies removed.

    Merged databases may hold the same search more than once, and in one of them less complete than in another.
    """
    given = sorted(records, key=lambda record: (record.calls, record.model_dump_json()))
    unique = {(_run(record), record.search): record for record in given}
    return sorted(unique.values(), key=lambda record: (record.seed, record.model_dump_json())), len(given) - len(unique)


def repeats(records: Iterable[Record]) -> int:
    """Return the number of searches that repeat problem, method, setup and seed of another search."""
    counts = Counter(_run(record) for record in records)
    return counts.total() - len(counts)


def groups(records: Iterable[Record]) -> list[Group]:
    """Return groups of comparable records, in the order of their setups.

    A record of unknown tier joins the others if they all have the same tier, and otherwise forms its own group. The
    methods of a group are restricted to the problems that all of them have; methods without common problems form groups
    of their own.
    """
    by_setup = _grouped(records, lambda record: _setup(record)._replace(tier=None))
    found = []
    for setup, members in by_setup.items():
        tiers = {record.tier for record in members} - {None}
        by_tier = [(tiers.pop(), members)] if len(tiers) == 1 else _grouped(members, lambda record: record.tier).items()
        for tier, same in sorted(by_tier, key=lambda item: item[0] or 0):
            found += _on_common_problems(setup._replace(tier=tier), same)
    return sorted(found, key=lambda group: (group.setup[:5], group.setup.tier or 0, *group.methods))


def _on_common_problems(setup: Setup, records: Iterable[Record]) -> list[Group]:
    by_method = _grouped(records, lambda record: record.method)
    methods = {method: _grouped(runs, _place) for method, runs in sorted(by_method.items())}
    common = sorted(set.intersection(*(set(runs) for runs in methods.values())))
    if not common:
        note = f"Not compared, as they have no problem in common: {', '.join(methods)}."
        return [Group(setup, {method: _at(runs, sorted(runs))}, (note,)) for method, runs in methods.items()]
    notes = [
        f"Only the {len(common)} problems that all methods have are compared: {len(runs) - len(common)} others "
        f"that {method} was run on are left out."
        for method, runs in methods.items()
        if len(runs) > len(common)
    ]
    return [Group(setup, {method: _at(runs, common) for method, runs in methods.items()}, tuple(notes))]


def _at(runs: Runs, places: Sequence[ProblemKey]) -> Runs:
    return {place: runs[place] for place in places}


def _setup(record: Record) -> Setup:
    return Setup(record.dataset, record.regime, record.programmer, record.critic, record.budget, record.tier)


def _run(record: Record) -> tuple[Setup, str, ProblemKey, int]:
    return _setup(record), record.method, _place(record), record.seed


def _place(record: Record) -> ProblemKey:
    return ProblemKey(record.problem, record.tests)


def _grouped(records: Iterable[Record], key: Callable[[Record], _Key]) -> dict[_Key, list[Record]]:
    found = defaultdict(list)
    for record in records:
        found[key(record)].append(record)
    return dict(found)
