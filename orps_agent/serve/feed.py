"""What searches tell, for any number of watchers: read from the stored events, so that nothing is lost."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable

import anyio

from orps_agent.store import Store

from .models import StoredEvent

LOOK_SECONDS = 5.0
"""How often a watcher looks without having been woken: another process may be running the search."""
_MANY = 500


class Feed:
    """Events by their number, and a bell that rings when there are new ones.

    A watcher remembers the bell, reads, and waits for that bell: what is stored after it has read rings it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bells: dict[str, anyio.Event] = {}
        self.watchers = 0
        self.closing = False

    async def told(self, search: str) -> None:
        """Something was handed to the writer: wake the watchers once it is committed."""
        await self._store.writer.write()  # commits come in order, so what was handed over before is there after it
        self.ring(search)

    def ring(self, search: str) -> None:
        """Wake the watchers of a search."""
        bell = self._bells.pop(search, None)
        if bell is not None:
            bell.set()

    def close(self) -> None:
        """Let all watchers go, once they have read what there is."""
        self.closing = True
        for search in list(self._bells):
            self.ring(search)

    async def read(self, search: str, after: int) -> list[StoredEvent]:
        """The next events of a search behind the one with that number."""
        rows = await self._store.reader.rows(
            "SELECT id, at, search, kind, told FROM events WHERE search = ? AND id > ? ORDER BY id LIMIT ?",
            search,
            after,
            _MANY,
        )
        return [StoredEvent(**{**dict(row), "told": json.loads(row["told"])}) for row in rows]

    async def watch(
        self, search: str, after: int, ended: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[StoredEvent | None]:
        """Events from the one behind `after` on, as they come, until the search has ended; None: still there."""
        self.watchers += 1
        try:
            while True:
                bell = self._bells.setdefault(search, anyio.Event())
                last = self.closing or await ended()  # asked before reading: what was told before its end is read then
                events = await self.read(search, after)
                for event in events:
                    yield event
                    after = event.id
                if events:
                    continue
                if last:
                    return
                with anyio.move_on_after(LOOK_SECONDS) as waited:
                    await bell.wait()
                if waited.cancelled_caught:
                    yield None
        finally:
            self.watchers -= 1
