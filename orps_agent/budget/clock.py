"""Wall time and working time of a search: what counts when calls wait on an endpoint's limit."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import count

Span = tuple[float, float]
"""A stretch of time: its beginning and its end, in seconds of one clock."""


class Spans:
    """Stretches of time in order, those that touch as one."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._spans: list[Span] = []
        for start, end in sorted(spans):
            self.add(start, end)

    def __iter__(self) -> Iterator[Span]:
        return iter(self._spans)

    @property
    def length(self) -> float:
        """All of them together, in seconds."""
        return sum(end - start for start, end in self._spans)

    def add(self, start: float, end: float) -> None:
        """One more stretch; an empty one changes nothing."""
        if start >= end:
            return
        # What it touches: from the first that ends at its start or later to the last that begins before its end.
        first = bisect_left(self._spans, start, key=lambda span: span[1])
        last = bisect_right(self._spans, end, key=lambda span: span[0])
        if first < last:
            start, end = min(start, self._spans[first][0]), max(end, self._spans[last - 1][1])
        self._spans[first:last] = [(start, end)]


def only_waiting(waiting: Iterable[Span], working: Iterable[Span]) -> float:
    """Seconds in which something waited and nothing worked."""
    working = list(working)
    return Spans([*waiting, *working]).length - Spans(working).length


class Timekeeper:
    """Tells wall time, and working time: wall time without that in which calls waited and nothing else went on.

    A call says how long it waited when it is back, so that a call in flight counts as neither until then.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, seconds: float = 0.0, waited: float = 0.0
    ) -> None:
        self._clock = clock
        self._began = clock() - seconds
        self._waited = waited
        self._numbers = count()
        self._calls: dict[int, float] = {}
        self._works: dict[int, float] = {}
        self._waiting = Spans()
        self._working = Spans()

    @property
    def seconds(self) -> float:
        """Wall time, earlier runs included."""
        return self._clock() - self._began

    @property
    def working(self) -> float:
        """Working time, earlier runs included."""
        now = self._clock()
        waiting = [*self._waiting, *((start, now) for start in self._calls.values())]
        working = [*self._working, *((start, now) for start in self._works.values())]
        return now - self._began - self._waited - only_waiting(waiting, working)

    def begin_call(self) -> int:
        """A model call begins; returns what `end_call` is to be told."""
        return self._begin(self._calls)

    def end_call(self, call: int, waited: float) -> None:
        """The call is back after `waited` seconds of waiting, which are taken to be its first ones."""
        start, now = self._calls.pop(call), self._clock()
        sent = min(start + waited, now)
        self._waiting.add(start, sent)
        self._working.add(sent, now)

    def begin_work(self) -> int:
        """Work of our own begins; returns what `end_work` is to be told."""
        return self._begin(self._works)

    def end_work(self, work: int) -> None:
        """The work is done."""
        self._working.add(self._works.pop(work), self._clock())

    def _begin(self, running: dict[int, float]) -> int:
        number = next(self._numbers)
        running[number] = self._clock()
        return number
