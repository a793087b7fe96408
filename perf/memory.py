"""A store that keeps everything in memory: what a search takes when storing costs next to nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from orps_agent.domain.agreement import Choice
from orps_agent.domain.candidate import Candidate, Outline, Status, Tree, path_key
from orps_agent.domain.rewards import winner
from orps_agent.domain.search import Search
from orps_agent.store import Effect, Tally


class NoRows:
    """Nothing was spent before."""

    async def rows(self, *_: object) -> list[Any]:
        return []

    def read_all(self, *_: object) -> list[Any]:
        return []

    async def seconds(self, _: str) -> float:
        return 0.0


class MemoryStore:
    """What a search asks of a Store, answered from dictionaries."""

    def __init__(self) -> None:
        self._searches: dict[str, Search] = {}
        self._candidates: dict[str, dict[str, Candidate]] = {}
        self.reader = NoRows()

    async def add_search(self, row: Search) -> None:
        self._searches[row.id], self._candidates[row.id] = row, {}

    async def search(self, search: str) -> Search:
        return self._searches[search]

    async def update_search(self, search: str, *_: object, **columns: object) -> None:
        self._searches[search] = self._searches[search].model_copy(update=columns)

    async def change_owner(self, seen: Search, pid: int, host: str, until: float) -> None:
        await self.update_search(seen.id, owner_pid=pid, owner_host=host, lease_until=until)

    async def has_begun(self, _: str) -> bool:
        return False

    async def cancel_requested(self, _: str) -> bool:
        return False

    async def add_candidates(self, search: str, candidates: Iterable[Candidate]) -> None:
        self._candidates[search] |= {each.id: each for each in candidates}

    async def update_candidate(self, search: str, id_: str, changed: Mapping[str, Any], *_: object) -> None:
        self._candidates[search][id_] = self._candidates[search][id_].model_copy(update=changed)

    async def set_status(self, search: str, candidates: Iterable[str], status: Status) -> None:
        for each in candidates:
            await self.update_candidate(search, each, {"status": status})

    async def candidate(self, search: str, candidate: str) -> Candidate:
        return self._candidates[search][candidate]

    async def tree(self, search: str) -> Tree:
        return Tree(self._candidates[search].values())

    async def outline(self, search: str) -> list[Outline]:
        return [each.outline for each in sorted(self._candidates[search].values(), key=lambda each: path_key(each.id))]

    async def choice(self, row: Search, tree: Sequence[Outline]) -> Choice:
        return Choice(winner(tree, row.config.winner_keys))

    async def usage(self, _: str) -> dict[str, int]:
        return {}

    def record(self, _: object) -> None:
        """Nobody will read it."""

    async def journal(self, _: str) -> MemoryJournal:
        return MemoryJournal()


class MemoryJournal:
    """Effects that are remembered until the process ends."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._known: dict[Effect, Any] = {}

    def is_finished(self, effect: Effect) -> bool:
        return effect in self._known

    async def call(self, effect: Effect, _: object, do: Callable[[], Awaitable[Any]], **__: object) -> Any:
        if effect not in self._known:
            self._known[effect] = await do()
        return self._known[effect]

    async def execute(self, effect: Effect, _: object, do: Callable[[], Awaitable[Any]]) -> Any:
        return await self.call(effect, _, do)

    async def reply(self, effect: Effect) -> Any:
        return self._known[effect]

    def settled(self, *_: object) -> list[Any]:
        return []
