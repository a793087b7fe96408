"""Find out by experience how many concurrent calls an endpoint accepts, as no API reports it."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

import anyio

INITIAL_LIMIT = 8
"""Number of concurrent calls before anything has been measured."""
_MEMORY = 7 / 8
"""Share of the previous estimate of the refusal rate that is kept with each answer."""


class AdaptiveLimit:
    """Admit calls up to a limit that grows while they are answered and is cut when one is refused.

        await limit.acquire()
        try:
            ...  # one request; then limit.succeeded() or limit.refused(started, seconds)
        finally:
            limit.release()

    Slow start: every answer raises the limit by one, so that it doubles with each round trip, until the first
    refusal; from then on it rises by one per round trip. A refusal cuts it by half the share of calls that were refused
    recently: by half when all of them were, and by little when one was among many answers, as from a gateway that is
    busy for a moment. It never exceeds `most`, and rises only while it is fully used. Callers are admitted in the order
    of their arrival.
    """

    def __init__(self, most: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.in_flight = 0
        self.paused_until = -math.inf
        """Time of the clock before which no call is begun, because the endpoint asked for a pause."""
        self._limit = float(min(INITIAL_LIMIT, most))
        self._starting = True
        self._refused = 0.0
        self._cut_at = -math.inf
        self._clock = clock
        self._waiting: deque[anyio.Event] = deque()

    @property
    def current(self) -> int:
        """Return the number of calls that may be in flight at present."""
        return int(self._limit)

    @property
    def load(self) -> float:
        """Return the number of calls in flight and waiting, divided by the limit."""
        return (self.in_flight + len(self._waiting)) / self.current

    async def acquire(self) -> None:
        """Wait for a slot, and for the end of a pause."""
        await self._take()
        begun = False
        try:
            while (pause := self.paused_until - self._clock()) > 0:  # noqa: ASYNC110 - it may be prolonged meanwhile
                await anyio.sleep(pause)
            begun = True
        finally:
            if not begun:
                self.release()

    def release(self) -> None:
        """Return the slot."""
        self.in_flight -= 1
        self._admit()

    def succeeded(self) -> None:
        """Register an answered call; to be called before its slot is released."""
        self._refused *= _MEMORY
        if self.in_flight >= self.current:
            self._limit = min(self.most, self._limit + (1 if self._starting else 1 / self._limit))
            self._admit()

    def refused(self, started: float, pause: float | None = None) -> None:
        """Register that a call sent at `started` was refused (429 or 503), perhaps with a requested pause in seconds.

        Calls that were in flight together are refused together, and count once.
        """
        now = self._clock()
        self._refused += (1 - self._refused) * (1 - _MEMORY)
        if started >= self._cut_at:
            self._starting = False
            self._limit = max(1.0, self._limit * (1 - self._refused / 2))
            self._cut_at = now
        if pause is not None:
            self.paused_until = max(self.paused_until, now + pause)

    def restart(self) -> None:
        """Begin again with one call after the endpoint was unavailable, as the old limit may no longer hold."""
        self._limit, self._starting = 1.0, True

    async def _take(self) -> None:
        if self.in_flight < self.current and not self._waiting:
            self.in_flight += 1
            return
        turn = anyio.Event()
        self._waiting.append(turn)
        taken = False
        try:
            await turn.wait()
            taken = True
        finally:
            if not taken and turn.is_set():  # cancelled with the slot already handed over
                self.release()
            elif not taken:
                self._waiting.remove(turn)

    def _admit(self) -> None:
        while self._waiting and self.in_flight < self.current:
            self.in_flight += 1
            self._waiting.popleft().set()
