"""The durable queue: what was submitted and has not ended, in the same file as the searches themselves."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection
from dataclasses import dataclass

from orps_agent.store import Store
from orps_agent.store.sqlite.writer import Statement


@dataclass(frozen=True)
class Entry:
    """A search that somebody submitted."""

    search: str
    client: str
    priority: int
    digest: str | None
    tries: int
    done: bool
    """Whether the service has nothing more to do for it."""


class Queue:
    """The table of submissions. An entry is done when its search has ended; until then a restart takes it up again."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def submission(
        self, search: str, client: str, priority: int, *, key: str | None = None, digest: str | None = None
    ) -> Statement:
        """What puts a search that was not in the queue into it, or one that was back into it."""
        return (
            "INSERT INTO submissions (search, client, priority, submitted_at, key, digest, tries, not_before)"
            " VALUES (?, ?, ?, ?, ?, ?, 0, 0) ON CONFLICT (search) DO UPDATE SET"
            " priority = excluded.priority, submitted_at = excluded.submitted_at, tries = 0, not_before = 0,"
            " done_at = NULL",
            (search, client, priority, time.time(), key, digest),
        )

    async def next(self, running: Collection[str], busy: Collection[str]) -> Entry | None:
        """The entry whose turn it is, but for those that are `running` and those of clients that are `busy`."""
        found = await self._store.reader.rows(
            "SELECT submissions.* FROM submissions JOIN searches ON searches.id = search"
            " WHERE done_at IS NULL AND not_before <= ? AND searches.status <> 'cancelled'"
            " AND search NOT IN (SELECT value FROM json_each(?))"
            " AND client NOT IN (SELECT value FROM json_each(?))"
            " ORDER BY priority DESC, submitted_at, search LIMIT 1",
            time.time(),
            json.dumps(list(running)),
            json.dumps(list(busy)),
        )
        return _entry(found[0]) if found else None

    async def entry(self, search: str) -> Entry | None:
        """The entry of a search, if it was ever submitted."""
        found = await self._store.reader.rows("SELECT * FROM submissions WHERE search = ?", search)
        return _entry(found[0]) if found else None

    async def entries(self, searches: Collection[str]) -> dict[str, Entry]:
        """The entries of several searches, those that have one."""
        found = await self._store.reader.rows(
            "SELECT * FROM submissions WHERE search IN (SELECT value FROM json_each(?))", json.dumps(list(searches))
        )
        return {row["search"]: _entry(row) for row in found}

    async def by_key(self, client: str, key: str) -> Entry | None:
        """What a client has submitted with an idempotency key."""
        found = await self._store.reader.rows("SELECT * FROM submissions WHERE client = ? AND key = ?", client, key)
        return _entry(found[0]) if found else None

    async def searches_of(self, client: str) -> list[str]:
        """Every search that a client has submitted."""
        found = await self._store.reader.rows("SELECT search FROM submissions WHERE client = ?", client)
        return [row["search"] for row in found]

    async def length(self) -> int:
        """How many wait or run."""
        (row,) = await self._store.reader.rows(
            "SELECT count(*) AS length FROM submissions JOIN searches ON searches.id = search"
            " WHERE done_at IS NULL AND searches.status <> 'cancelled'"
        )
        return int(row["length"])

    async def done(self, search: str, **columns: object) -> None:
        """Nothing more is to be done for a search; `columns` are set in its row in the same transaction."""
        mark = ("UPDATE submissions SET done_at = ? WHERE search = ?", (time.time(), search))
        if columns:
            await self._store.update_search(search, mark, **columns)
        else:
            await self._store.writer.write(mark)

    async def postpone(self, search: str, seconds: float) -> None:
        """Run a search again after some time, and count the try."""
        await self._store.writer.write(
            (
                "UPDATE submissions SET tries = tries + 1, not_before = ? WHERE search = ?",
                (time.time() + seconds, search),
            )
        )


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        search=row["search"],
        client=row["client"],
        priority=row["priority"],
        digest=row["digest"],
        tries=row["tries"],
        done=row["done_at"] is not None,
    )
