"""Read and write the table of events."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from .part import SqlitePart

if TYPE_CHECKING:
    from orps_agent.domain.events import AnyEvent, StoredEvent


class EventTable(SqlitePart):
    """Store the events that searches emitted as rows."""

    def record(self, event: AnyEvent) -> None:
        """Store an event without waiting; a kill may lose the last events, as nothing was paid for them."""
        told = event.model_dump_json(exclude={"kind", "search", "result"}, exclude_defaults=True)
        self.writer.post(
            (
                "INSERT INTO events (search, at, kind, told) VALUES (?, ?, ?, ?)",
                (event.search, time.time(), event.kind, told),
            )
        )

    async def flush(self) -> None:
        """Wait until every earlier write is stored."""
        await self.writer.write()  # commits come in order

    async def has_begun(self, search: str) -> bool:
        """Return True when a run of the search has emitted an event."""
        return bool(await self.reader.rows("SELECT 1 FROM events WHERE search = ? LIMIT 1", search))

    async def events(self, search: str, *, after: int = 0, limit: int = 1000) -> list[StoredEvent]:
        """Return the first events of a search whose number is greater than `after`, in order."""
        from orps_agent.domain.events import StoredEvent  # noqa: PLC0415 - slow to import, and rare

        rows = await self.reader.rows(
            "SELECT id, at, search, kind, told FROM events WHERE search = ? AND id > ? ORDER BY id LIMIT ?",
            search,
            after,
            limit,
        )
        return self.reader.read_all(rows, lambda row: StoredEvent(**{**dict(row), "told": json.loads(row["told"])}))

    async def last_event(self, search: str) -> int:
        """Return the number of the search's last event; 0 when there is none."""
        (row,) = await self.reader.rows("SELECT max(id) AS last FROM events WHERE search = ?", search)
        return row["last"] or 0

    async def seconds(self, search: str) -> float:
        """Return the wall time of all runs of a search, each from its start to the last event that it emitted."""
        (row,) = await self.reader.rows(
            "SELECT total(seconds) AS seconds FROM (SELECT max(at) - min(at) AS seconds FROM"
            " (SELECT at, sum(kind = 'search_started') OVER (ORDER BY id) AS run FROM events WHERE search = ?)"
            " GROUP BY run)",
            search,
        )
        return float(row["seconds"])
