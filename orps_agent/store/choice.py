"""Choose the winner of a stored search from its candidates so far."""

from __future__ import annotations

from collections.abc import Sequence

from orps_agent.domain.agreement import Choice
from orps_agent.domain.candidate import Outline
from orps_agent.domain.search import Search, choose

from .base import Candidates


async def choice(store: Candidates, search: Search, tree: Sequence[Outline]) -> Choice:
    """Return the winner among these candidates by the search's selector, and the consensus set that agrees with it."""
    return choose(search, tree, {} if search.selector == "order" else await store.passed(search.id))
