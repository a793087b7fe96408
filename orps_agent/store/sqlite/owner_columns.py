"""Read and write the columns of a search that hold its owner and requests to cancel it."""

from __future__ import annotations

import math
import time

import anyio

from orps_agent.domain.search import Search

from .part import SqlitePart

_LOOK_AGAIN_SECONDS = 1.0


class OwnerColumns(SqlitePart):
    """Store which process works on a search."""

    def __init__(self) -> None:
        self._looking = anyio.Lock()
        self._looked_at = -math.inf
        self._to_cancel: set[str] = set()

    async def cancel_requested(self, search: str) -> bool:
        """Return True when a cancellation was requested since the owner took the search, as of a second ago.

        Concurrent searches share one query: a hundred queries of their own would keep the reader busy.
        """
        async with self._looking:
            if time.monotonic() - self._looked_at > _LOOK_AGAIN_SECONDS:
                found = await self.reader.rows("SELECT id FROM searches WHERE cancel_requested_at IS NOT NULL")
                self._to_cancel = {row["id"] for row in found}
                self._looked_at = time.monotonic()
        return search in self._to_cancel

    async def change_owner(self, seen: Search, pid: int, host: str, until: float) -> None:
        """Make a process the owner of a search, which makes the search running unless it has ended.

        Nothing happens when its owner has changed since `seen` was read. Requests to an earlier owner do not apply to
        the new one. A search that has ended stays so until `reopen` continues it.
        """
        await self.writer.write(
            (
                "UPDATE searches SET owner_pid = ?, owner_host = ?, lease_until = ?, cancel_requested_at = NULL,"
                " status = iif(finished_at IS NULL AND status <> 'finished', 'running', status)"
                " WHERE id = ? AND owner_pid IS ? AND lease_until IS ?",
                (pid, host, until, seen.id, seen.owner_pid, seen.lease_until),
            )
        )
