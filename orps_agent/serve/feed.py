"""Deliver the events of searches to any number of watchers, from the stored events, so that none is lost."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import anyio

from orps_agent.domain.events import StoredEvent
from orps_agent.store import Store

POLL_SECONDS = 5.0
"""Seconds between reads of a watched search without a notification: another process may be running it."""
_PAGE_SIZE = 500
_KEPT_EVENTS = 1000


@dataclass(frozen=True)
class EncodedEvent:
    """Hold the number of an event and the server-sent message of it that all watchers receive."""

    id: int
    message: bytes


class _Topic:
    """Share the latest events of one search among its watchers, read once for all of them, and wake the watchers.

    A watcher keeps a reference to `changed`, reads, then waits for that same event: what is stored after the read
    sets it.
    """

    def __init__(self) -> None:
        self.watchers = 0
        self.changed = anyio.Event()
        self.lock = anyio.Lock(fast_acquire=True)
        self.ended = False
        self.floor = -1
        """Number of an event: all events after it, up to `reach`, are in `latest`."""
        self.reach = -1
        self.latest: list[EncodedEvent] = []
        self.notifications = 0
        self._read_notifications, self._read_at = -1, 0.0

    @property
    def stale(self) -> bool:
        """Return True when there may be new events in the store."""
        return self._read_notifications != self.notifications or time.monotonic() - self._read_at >= POLL_SECONDS

    def notify(self) -> None:
        """Record that there are new events, and wake the watchers."""
        self.notifications += 1
        self._wake()

    def mark_read(self, notifications: int, *, ended: bool) -> None:
        """Record that everything up to this count of notifications was read, and if the search has ended."""
        self._read_notifications, self._read_at, self.ended = notifications, time.monotonic(), ended

    def add(self, events: list[EncodedEvent]) -> None:
        """Add events that were read, and wake the watchers, also those of a search that another process runs."""
        if not events:
            return
        self.latest += events
        self.reach = events[-1].id
        if len(self.latest) > _KEPT_EVENTS:
            self.floor = self.latest[-_KEPT_EVENTS - 1].id
            del self.latest[:-_KEPT_EVENTS]
        self._wake()

    def events_after(self, after: int) -> list[EncodedEvent]:
        """Return the events after a number, which must not be below `floor`."""
        return self.latest[bisect_right(self.latest, after, key=lambda each: each.id) :]

    def _wake(self) -> None:
        previous, self.changed = self.changed, anyio.Event()
        previous.set()


class Feed:
    """Deliver events by number; the callable `ended` returns True for a search that will have no more events."""

    def __init__(self, store: Store, ended: Callable[[str], Awaitable[bool]]) -> None:
        self._store = store
        self._ended = ended
        self._topics: dict[str, _Topic] = {}
        self._closing = False

    @property
    def watchers(self) -> int:
        """Return the number of open watchers."""
        return sum(topic.watchers for topic in self._topics.values())

    async def notify_when_committed(self, search: str) -> None:
        """Wake the watchers of a search once everything that was handed to the writer is committed."""
        await self._store.flush()
        self.notify(search)

    def notify(self, search: str) -> None:
        """Wake the watchers of a search."""
        if search in self._topics:
            self._topics[search].notify()

    def close(self) -> None:
        """End all watchers once they have received what is stored."""
        self._closing = True
        for topic in self._topics.values():
            topic.notify()

    async def watch(self, search: str, after: int) -> AsyncIterator[list[EncodedEvent]]:
        """Yield the events after number `after` as they come, until the search has ended.

        An empty list is a sign of life: it is yielded after `POLL_SECONDS` without events.
        """
        topic = self._topics.setdefault(search, _Topic())
        topic.watchers += 1
        try:
            while True:
                changed = topic.changed
                await self._refresh(search, topic)
                ended = topic.ended
                events = await self._read(search, after) if after < topic.floor else topic.events_after(after)
                if events:
                    yield events
                    after = events[-1].id
                    continue
                if ended:
                    return
                with anyio.move_on_after(POLL_SECONDS) as waited:
                    await changed.wait()
                if waited.cancelled_caught:
                    yield []
        finally:
            topic.watchers -= 1
            if not topic.watchers:
                del self._topics[search]

    async def _refresh(self, search: str, topic: _Topic) -> None:
        """Read the new events of the search into the topic if it is stale: the first watcher reads for all of them."""
        async with topic.lock:
            if not topic.stale:
                return
            if topic.reach < 0:
                # A watcher that needs earlier events reads them by itself.
                topic.floor = topic.reach = await self._store.last_event(search)
            notifications = topic.notifications
            ended = self._closing or await self._ended(search)  # before reading: events stored before the end are read
            while events := await self._read(search, topic.reach):
                topic.add(events)
            topic.mark_read(notifications, ended=ended)  # last: a watcher may be cancelled while it reads

    async def _read(self, search: str, after: int) -> list[EncodedEvent]:
        """Return the next events of a search after the one with that number."""
        return [_encode(event) for event in await self._store.events(search, after=after, limit=_PAGE_SIZE)]


def _encode(event: StoredEvent) -> EncodedEvent:
    """Encode an event as a server-sent message, with the id that a client sends when it reconnects."""
    return EncodedEvent(event.id, f"id: {event.id}\nevent: {event.kind}\ndata: {event.model_dump_json()}\n\n".encode())
