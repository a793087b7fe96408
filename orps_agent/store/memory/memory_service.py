"""Store the queue, tokens and bench records in memory."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace
from typing import Unpack

from pydantic import BaseModel

from orps_agent.store.effects import Result
from orps_agent.store.records import BenchRun, QueueEntry, SearchChanges, Token

from .contents import MemoryPart, Submitted


class MemoryQueue(MemoryPart):
    """Implement `Queue` of store.base_service."""

    async def enqueue(self, entry: QueueEntry, **changed: Unpack[SearchChanges]) -> None:
        known = self._contents.queue.get(entry.search)
        if known is not None:
            entry = replace(known.entry, priority=entry.priority, tries=0, done=False)
        self._contents.queue[entry.search] = Submitted(entry, time.time())
        self._contents.change(entry.search, {**changed, "status": "queued"})

    async def next_in_queue(self, running: Collection[str], busy: Collection[str]) -> QueueEntry | None:
        due = [
            each
            for each in self._open()
            if each.not_before <= time.time() and each.entry.search not in running and each.entry.client not in busy
        ]
        first = min(due, key=lambda each: (-each.entry.priority, each.at, each.entry.search), default=None)
        return first.entry if first else None

    async def queue_entry(self, search: str) -> QueueEntry | None:
        known = self._contents.queue.get(search)
        return known.entry if known else None

    async def queue_entries(self, searches: Collection[str]) -> dict[str, QueueEntry]:
        return {each: self._contents.queue[each].entry for each in searches if each in self._contents.queue}

    async def queue_entry_by_key(self, client: str, key: str) -> QueueEntry | None:
        entries = (each.entry for each in self._contents.queue.values())
        return next((each for each in entries if (each.client, each.key) == (client, key)), None)

    async def searches_of(self, client: str) -> list[str]:
        return [search for search, each in self._contents.queue.items() if each.entry.client == client]

    async def queue_length(self) -> int:
        return len(self._open())

    async def leave_queue(self, search: str, **changed: Unpack[SearchChanges]) -> None:
        known = self._contents.queue.get(search)
        if known is not None:
            known.entry = replace(known.entry, done=True)
        self._contents.change(search, changed)

    async def postpone(self, search: str, seconds: float) -> None:
        known = self._contents.queue[search]
        known.entry, known.not_before = replace(known.entry, tries=known.entry.tries + 1), time.time() + seconds
        self._contents.change(search, {"status": "queued"})

    def _open(self) -> list[Submitted]:
        searches = self._contents.searches
        return [
            each
            for search, each in self._contents.queue.items()
            if not each.entry.done and searches[search].status != "cancelled"
        ]


class MemoryTokens(MemoryPart):
    """Implement `Tokens` of store.base_service."""

    async def add_token(self, token: Token) -> None:
        self._contents.tokens[token.id] = token

    async def tokens(self) -> list[Token]:
        return sorted(self._contents.tokens.values(), key=lambda each: each.created_at)

    async def revoke_token(self, token: str, at: float) -> bool:
        known = self._contents.tokens.get(token)
        if known is None or known.revoked_at is not None:
            return False
        self._contents.tokens[token] = known.model_copy(update={"revoked_at": at})
        return True


class MemoryBenchRecords(MemoryPart):
    """Implement `BenchRecords` of store.base_service."""

    async def keep_bench_record(self, run: BenchRun, record: BaseModel) -> None:
        self._contents.bench_records[run.search] = run, record

    async def bench_records(
        self, record_type: type[Result], searches: Collection[str] | None = None
    ) -> dict[str, Result]:
        kept = sorted(
            self._contents.bench_records.values(),
            key=lambda each: (each[0].dataset, each[0].problem, each[0].method, each[0].seed),
        )
        return {
            run.search: record_type.model_validate(record.model_dump())
            for run, record in kept
            if searches is None or run.search in searches
        }
