"""Read and write the table of submissions: the service's queue, in the same file as the searches."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection
from typing import Unpack

from orps_agent.store.records import QueueEntry, SearchChanges

from .part import SqlitePart
from .rows import search_columns
from .writer import Statement, update


class QueueTable(SqlitePart):
    """Store queue entries as rows; an entry is done when its search has ended."""

    async def enqueue(self, entry: QueueEntry, **changed: Unpack[SearchChanges]) -> None:
        """Put a stored search into the queue, or back into it, and set attributes of it in the same transaction."""
        columns = search_columns({**changed, "status": "queued"})
        await self.writer.write(submission(entry), update("searches", columns, "id = ?", (entry.search,)))

    async def next_in_queue(self, running: Collection[str], busy: Collection[str]) -> QueueEntry | None:
        """Return the next entry to run, except those in `running` and those of clients in `busy`."""
        found = await self.reader.rows(
            "SELECT submissions.* FROM submissions JOIN searches ON searches.id = search"
            " WHERE done_at IS NULL AND not_before <= ? AND searches.status <> 'cancelled'"
            " AND search NOT IN (SELECT value FROM json_each(?))"
            " AND client NOT IN (SELECT value FROM json_each(?))"
            " ORDER BY priority DESC, submitted_at, search LIMIT 1",
            time.time(),
            json.dumps(list(running)),
            json.dumps(list(busy)),
        )
        return self.reader.read(found[0], _entry) if found else None

    async def queue_entry(self, search: str) -> QueueEntry | None:
        """Return the entry of a search; None when it was never submitted."""
        return (await self.queue_entries([search])).get(search)

    async def queue_entries(self, searches: Collection[str]) -> dict[str, QueueEntry]:
        """Return the entries of several searches, of those that have one."""
        found = await self.reader.rows(
            "SELECT * FROM submissions WHERE search IN (SELECT value FROM json_each(?))", json.dumps(list(searches))
        )
        return {row["search"]: _entry(row) for row in found}

    async def queue_entry_by_key(self, client: str, key: str) -> QueueEntry | None:
        """Return the entry that a client has submitted with an idempotency key; None without one."""
        found = await self.reader.rows("SELECT * FROM submissions WHERE client = ? AND key = ?", client, key)
        return _entry(found[0]) if found else None

    async def searches_of(self, client: str) -> list[str]:
        """Return the ids of all searches that a client has submitted."""
        found = await self.reader.rows("SELECT search FROM submissions WHERE client = ?", client)
        return [row["search"] for row in found]

    async def queue_length(self) -> int:
        """Return the number of searches that wait or run."""
        (row,) = await self.reader.rows(
            "SELECT count(*) AS length FROM submissions JOIN searches ON searches.id = search"
            " WHERE done_at IS NULL AND searches.status <> 'cancelled'"
        )
        return int(row["length"])

    async def leave_queue(self, search: str, **changed: Unpack[SearchChanges]) -> None:
        """Mark the entry of a search as done, and set attributes of it in the same transaction."""
        statements: list[Statement] = [
            ("UPDATE submissions SET done_at = ? WHERE search = ?", (time.time(), search)),
        ]
        if changed:
            statements.append(update("searches", search_columns(changed), "id = ?", (search,)))
        await self.writer.write(*statements)

    async def postpone(self, search: str, seconds: float) -> None:
        """Postpone a search by some seconds, and count the try."""
        await self.writer.write(
            (
                "UPDATE submissions SET tries = tries + 1, not_before = ? WHERE search = ?",
                (time.time() + seconds, search),
            ),
            update("searches", {"status": "queued"}, "id = ?", (search,)),
        )


def submission(entry: QueueEntry) -> Statement:
    """Return the statement that puts a search into the queue, or back into it."""
    return (
        "INSERT INTO submissions (search, client, priority, submitted_at, key, digest, tries, not_before)"
        " VALUES (?, ?, ?, ?, ?, ?, 0, 0) ON CONFLICT (search) DO UPDATE SET"
        " priority = excluded.priority, submitted_at = excluded.submitted_at, tries = 0, not_before = 0,"
        " done_at = NULL",
        (entry.search, entry.client, entry.priority, time.time(), entry.key, entry.digest),
    )


def _entry(row: sqlite3.Row) -> QueueEntry:
    return QueueEntry(
        search=row["search"],
        client=row["client"],
        priority=row["priority"],
        key=row["key"],
        digest=row["digest"],
        tries=row["tries"],
        done=row["done_at"] is not None,
    )
