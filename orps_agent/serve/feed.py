"""What searches tell, for any number of watchers: read from the stored events, so that nothing is lost."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import anyio

from orps_agent.domain.events import StoredEvent
from orps_agent.store import Store

LOOK_SECONDS = 5.0
"""How often a search that is watched is looked at without having been rung: another process may be running it."""
_MANY = 500
_KEPT = 1000


@dataclass(frozen=True)
class Told:
    """An event, and as the message that all who watch are sent."""

    id: int
    message: bytes


class _Topic:
    """What those who watch one search share: its latest events, read once for all of them, and a bell.

    A watcher remembers the bell, looks, and waits for that bell: what is stored after the look rings it.
    """

    def __init__(self) -> None:
        self.watchers = 0
        self.bell = anyio.Event()
        self.turn = anyio.Lock(fast_acquire=True)
        self.ended = False
        self.floor = -1
        """All events behind this number, up to `reach`, are in `latest`."""
        self.reach = -1
        self.latest: list[Told] = []
        self.rings = 0
        self._known_rings, self._looked_at = -1, 0.0

    @property
    def stale(self) -> bool:
        """Whether there may be something new."""
        return self._known_rings != self.rings or time.monotonic() - self._looked_at >= LOOK_SECONDS

    def ring(self) -> None:
        """There is something new."""
        self.rings += 1
        self._wake()

    def looked(self, rings: int, *, ended: bool) -> None:
        """All is known that so many rings were for, and whether that was all."""
        self._known_rings, self._looked_at, self.ended = rings, time.monotonic(), ended

    def take(self, events: list[Told]) -> None:
        """Keep what a look has found, and have those come for it that were not rung."""
        if not events:
            return
        self.latest += events
        self.reach = events[-1].id
        if len(self.latest) > _KEPT:
            self.floor = self.latest[-_KEPT - 1].id
            del self.latest[:-_KEPT]
        self._wake()

    def behind(self, after: int) -> list[Told]:
        """The events behind a number that is not below the floor."""
        return self.latest[bisect_right(self.latest, after, key=lambda each: each.id) :]

    def _wake(self) -> None:
        bell, self.bell = self.bell, anyio.Event()
        bell.set()


class Feed:
    """Events by their number; `ended` tells whether a search will tell no more."""

    def __init__(self, store: Store, ended: Callable[[str], Awaitable[bool]]) -> None:
        self._store = store
        self._ended = ended
        self._topics: dict[str, _Topic] = {}
        self._closing = False

    @property
    def watchers(self) -> int:
        """How many there are."""
        return sum(topic.watchers for topic in self._topics.values())

    async def told(self, search: str) -> None:
        """Something was handed to the writer: wake the watchers once it is committed."""
        await self._store.flush()
        self.ring(search)

    def ring(self, search: str) -> None:
        """Wake the watchers of a search."""
        if search in self._topics:
            self._topics[search].ring()

    def close(self) -> None:
        """Let all watchers go, once they have read what there is."""
        self._closing = True
        for topic in self._topics.values():
            topic.ring()

    async def watch(self, search: str, after: int) -> AsyncIterator[list[Told]]:
        """Events from the one behind `after` on, as they come, until the search has ended; none: still there."""
        topic = self._topics.setdefault(search, _Topic())
        topic.watchers += 1
        try:
            while True:
                bell = topic.bell
                await self._look(search, topic)
                ended = topic.ended
                events = await self._read(search, after) if after < topic.floor else topic.behind(after)
                if events:
                    yield events
                    after = events[-1].id
                    continue
                if ended:
                    return
                with anyio.move_on_after(LOOK_SECONDS) as waited:
                    await bell.wait()
                if waited.cancelled_caught:
                    yield []
        finally:
            topic.watchers -= 1
            if not topic.watchers:
                del self._topics[search]

    async def _look(self, search: str, topic: _Topic) -> None:
        """Have the topic know what there is, unless it does: whoever comes first looks for all."""
        async with topic.turn:
            if not topic.stale:
                return
            if topic.reach < 0:
                # Events up to here are read by whoever wants them.
                topic.floor = topic.reach = await self._store.last_event(search)
            rings = topic.rings
            ended = self._closing or await self._ended(search)  # before reading: what was told before its end is read
            while events := await self._read(search, topic.reach):
                topic.take(events)
            topic.looked(rings, ended=ended)  # not before: whoever looks may go away meanwhile

    async def _read(self, search: str, after: int) -> list[Told]:
        """The next events of a search behind the one with that number."""
        return [_told(event) for event in await self._store.events(search, after=after, limit=_MANY)]


def _told(event: StoredEvent) -> Told:
    """The event as a server-sent one, whose id the client comes back with."""
    return Told(event.id, f"id: {event.id}\nevent: {event.kind}\ndata: {event.model_dump_json()}\n\n".encode())
