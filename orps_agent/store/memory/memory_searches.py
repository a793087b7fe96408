"""Store searches in memory."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Unpack

from orps_agent.domain.candidate import Candidate, Status
from orps_agent.domain.search import Search
from orps_agent.store.effects import Settled
from orps_agent.store.lookup import nothing_latest, only
from orps_agent.store.ownership import as_seen, held
from orps_agent.store.records import Garbage, QueueEntry, SearchChanges

from .contents import PLACE, MemoryPart, Submitted

_RESUMABLE = ("created", "interrupted")
_JUDGED = ("judge", "contest")


class MemorySearches(MemoryPart):
    """Implement `Searches` of store.base."""

    async def add_search(self, search: Search, *, entry: QueueEntry | None = None) -> None:
        self._contents.searches[search.id] = search
        self._contents.candidates[search.id] = {}
        if entry is not None:
            self._contents.queue[search.id] = Submitted(entry, time.time())

    async def add_fork(
        self,
        search: Search,
        branch: Sequence[str],
        changed: Mapping[str, object],
        *,
        entry: QueueEntry | None = None,
    ) -> None:
        source = self._contents.candidates[search.forked_from or ""]
        copied: dict[str, Candidate] = {
            each: source[each].model_copy(update={"status": Status.OPEN, "shown": ()}) for each in branch
        }
        copied[branch[-1]] = copied[branch[-1]].model_copy(update=dict(changed))
        await self.add_search(search, entry=entry)
        self._contents.candidates[search.id] = copied

    async def search(self, search: str) -> Search:
        found = [each for each in self._contents.searches.values() if each.id.startswith(search)]
        return self._seen(only(found, search, PLACE))

    async def has_search(self, search: str) -> bool:
        return search in self._contents.searches

    async def searches(self, limit: int = 100) -> list[Search]:
        return self._newest()[:limit]

    async def latest(self, *, unfinished: bool, out_of_budget: bool = False) -> Search:
        for each in self._newest():
            more = out_of_budget and each.status == "finished" and each.out_of_budget
            waits = self._contents.waits(each.id)
            if not unfinished or more or (each.status in (*_RESUMABLE, "running") and not waits):
                return each
        raise nothing_latest(PLACE, unfinished=unfinished, out_of_budget=out_of_budget)

    async def begun_as(self, planned: Search) -> list[Search]:
        return [
            each
            for each in self._newest()
            if each.status in _RESUMABLE
            and planned.prompts is not None
            and each.forked_from is None
            and each.id not in self._contents.queue
            and each.asks_the_same_as(planned)
        ]

    async def update_search(
        self, search: str, *, settled: Settled | None = None, **changed: Unpack[SearchChanges]
    ) -> None:
        self._contents.change(search, changed)

    async def reopen(self, search: Search) -> None:
        changed: SearchChanges = {"status": "running", "reason": None, "finished_at": None, "config": search.config}
        if search.has_ended:
            changed["winner"] = None
            tries = self._contents.executions.get(search.id, {})
            for each in [each for each in tries if each[0].stage in _JUDGED]:
                del tries[each]
        self._contents.change(search.id, changed)
        candidates = self._contents.candidates[search.id]
        halted = [each for each in candidates.values() if each.status is Status.HALTED]
        awake = {"status": Status.RUNNING, "error": None}
        candidates.update({each.id: each.model_copy(update=awake) for each in halted})

    async def change_owner(self, seen: Search, pid: int, host: str, until: float) -> None:
        now = self._contents.searches[seen.id]
        if (now.owner_pid, now.lease_until) != (seen.owner_pid, seen.lease_until):
            return
        ended = now.finished_at is not None or now.status == "finished"
        self._contents.change(
            seen.id,
            {
                "owner_pid": pid,
                "owner_host": host,
                "lease_until": until,
                "cancel_requested_at": None,
                "status": now.status if ended else "running",
            },
        )

    async def cancel_requested(self, search: str) -> bool:
        return self._contents.searches[search].cancel_requested_at is not None

    async def garbage(self, *, older_than: float | None = None) -> Garbage:
        ended = tuple(
            each.id
            for each in reversed(self._newest())
            if each.status in ("finished", "cancelled")
            and older_than is not None
            and (each.finished_at or each.created_at) < older_than
            and not held(each)
        )
        return Garbage(ended, sum(map(self._size, ended)))

    async def collect(self, garbage: Garbage) -> int:
        freed = sum(map(self._size, garbage.searches))
        for each in garbage.searches:
            self._contents.forget(each)
        return freed

    def _newest(self) -> list[Search]:
        found = sorted(self._contents.searches.values(), key=lambda each: each.created_at, reverse=True)
        return [self._seen(each) for each in found]

    def _seen(self, search: Search) -> Search:
        return as_seen(search, waiting=self._contents.waits(search.id))

    def _size(self, search: str) -> int:
        candidates = self._contents.candidates.get(search, {}).values()
        return sum(len(each.model_dump_json(exclude_defaults=True).encode()) for each in candidates)
