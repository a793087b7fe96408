"""Store candidates in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orps_agent.domain.candidate import Candidate, Outline, Status, Tree, path_key
from orps_agent.errors import StoreError
from orps_agent.store.effects import Settled
from orps_agent.store.lookup import no_candidate

from .contents import PLACE, MemoryPart


class MemoryCandidates(MemoryPart):
    """Implement `Candidates` of store.base."""

    async def add_candidates(self, search: str, candidates: Iterable[Candidate]) -> None:
        if search not in self._contents.searches:
            raise StoreError(f"no search {search!r} in {PLACE}: store it before its candidates")
        known = self._contents.candidates[search]
        for each in candidates:
            planned = Candidate(id=each.id, round=each.round, hint=each.hint, status=each.status, shown=each.shown)
            known.setdefault(each.id, planned)

    async def update_candidate(
        self, search: str, candidate: str, changed: Mapping[str, Any], *, settled: Settled | None = None
    ) -> None:
        known = self._contents.candidates[search]
        known[candidate] = known[candidate].model_copy(update=dict(changed))

    async def set_status(self, search: str, candidates: Iterable[str], status: Status) -> None:
        for each in candidates:
            await self.update_candidate(search, each, {"status": status})

    async def candidate(self, search: str, candidate: str) -> Candidate:
        try:
            return self._of(search)[candidate]
        except KeyError:
            raise no_candidate(search, candidate) from None

    async def tree(self, search: str) -> Tree:
        return Tree(self._of(search).values())

    async def outline(self, search: str) -> list[Outline]:
        return [each.outline for each in sorted(self._of(search).values(), key=lambda each: path_key(each.id))]

    async def passed(self, search: str) -> dict[str, frozenset[str]]:
        return {
            each.id: frozenset(result.name for result in each.report.results if result.passed)
            for each in self._of(search).values()
            if each.report is not None
        }

    def _of(self, search: str) -> dict[str, Candidate]:
        return self._contents.candidates.get(search, {})
