"""The columns of a search that its owner is written in, and whoever wants it to end."""

from __future__ import annotations

import math
import time

import anyio

from orps_agent.domain.search import Search

from .part import Part

_LOOK_AGAIN_SECONDS = 1.0


class OwnerColumns(Part):
    """Who works on a search."""

    def __init__(self) -> None:
        self._looking = anyio.Lock()
        self._looked_at = -math.inf
        self._to_cancel: set[str] = set()

    async def cancel_requested(self, search: str) -> bool:
        """Return whether somebody has asked for the end of a search since its owner took it, as of a second ago.

        Searches that run side by side look together: each on its own, a hundred would keep the reader busy.
        """
        async with self._looking:
            if time.monotonic() - self._looked_at > _LOOK_AGAIN_SECONDS:
                found = await self.reader.rows("SELECT id FROM searches WHERE cancel_requested_at IS NOT NULL")
                self._to_cancel = {row["id"] for row in found}
                self._looked_at = time.monotonic()
        return search in self._to_cancel

    async def change_owner(self, seen: Search, pid: int, host: str, until: float) -> None:
        """Give a search to a process, which makes it running unless it has ended.

        Nothing happens when somebody else has changed its owner since `seen` was read. What was asked of an owner
        before does not hold for the new one. One that has ended stays so until `reopen` says that it goes on.
        """
        await self.writer.write(
            (
                "UPDATE searches SET owner_pid = ?, owner_host = ?, lease_until = ?, cancel_requested_at = NULL,"
                " status = iif(finished_at IS NULL AND status <> 'finished', 'running', status)"
                " WHERE id = ? AND owner_pid IS ? AND lease_until IS ?",
                (pid, host, until, seen.id, seen.owner_pid, seen.lease_until),
            )
        )
