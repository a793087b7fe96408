"""Rebuild the events of a search's earlier runs from its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from orps_agent.domain.candidate import Status, Tree
from orps_agent.domain.events import AnyEvent, CandidateExecuted, CandidateFinished, RoundStarted, TestsWritten
from orps_agent.domain.search import Search


def past_events(search: Search, tree: Tree) -> Iterator[AnyEvent]:
    """Yield what earlier runs of the search did, so that a viewer of a resumed search sees all of it."""
    if search.tests_by is not None:
        yield TestsWritten.of(search.id, search.tests_by, search.problem.tests, reused=True)
    for number, planned in sorted(Counter(each.round for each in tree).items()):
        yield RoundStarted(search=search.id, round=number, candidates=planned)
    for each in tree:
        if each.outcome is not None:
            yield CandidateExecuted.of(search.id, each, reused=True)
        if each.status is not Status.RUNNING:
            yield CandidateFinished.of(search.id, each)
