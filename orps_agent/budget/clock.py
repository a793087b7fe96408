"""Measure wall time and working time of a search whose calls may wait on an endpoint's limit."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import count

Span = tuple[float, float]
"""Interval of time: begin and end, in seconds of one clock."""


class Spans:
    """Hold disjoint intervals of time in order, joining those that touch."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._spans: list[Span] = []
        for start, end in sorted(spans):
            self.add(start, end)

    def __iter__(self) -> Iterator[Span]:
        return iter(self._spans)

    @property
    def length(self) -> float:
        """Return the total length in seconds."""
        return sum(end - start for start, end in self._spans)

    def add(self, start: float, end: float) -> None:
        """Add an interval; an empty one changes nothing."""
        if start >= end:
            return
        # What it touches: from the first that ends at its start or later to the last that begins before its end.
        first = bisect_left(self._spans, start, key=lambda span: span[1])
        last = bisect_right(self._spans, end, key=lambda span: span[0])
        if first < last:
            start, end = min(start, self._spans[first][0]), max(end, self._spans[last - 1][1])
        self._spans[first:last] = [(start, end)]


def only_waiting(waiting: Iterable[Span], working: Iterable[Span]) -> float:
    """Return the seconds in which something waited and nothing worked."""
    working = list(working)
    return Spans([*waiting, *working]).length - Spans(working).length


class Stopwatch:
    """Measure wall time and working time: wall time without the time in which calls waited and nothing else ran.

    A call reports how long it waited when it returns; until then it counts neither as waiting nor as working.
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
        """Return the wall time, earlier runs included."""
        return self._clock() - self._began

    @property
    def working(self) -> float:
        """Return the working time, earlier runs included."""
        now = self._clock()
        waiting = [*self._waiting, *((start, now) for start in self._calls.values())]
        working = [*self._working, *((start, now) for start in self._works.values())]
        return now - self._began - self._waited - only_waiting(waiting, working)

    def begin_call(self) -> int:
        """Register the begin of a model call; return its number for `end_call`."""
        return self._begin(self._calls)

    def end_call(self, call: int, waited: float) -> None:
        """Register the end of a call that waited `waited` seconds, which are assumed to be its first ones."""
        start, now = self._calls.pop(call), self._clock()
        sent = min(start + waited, now)
        self._waiting.add(start, sent)
        self._working.add(sent, now)

    def begin_work(self) -> int:
        """Register the begin of our own work; return its number for `end_work`."""
        return self._begin(self._works)

    def end_work(self, work: int) -> None:
        """Register the end of the work."""
        self._working.add(self._works.pop(work), self._clock())

    def _begin(self, running: dict[int, float]) -> int:
        number = next(self._numbers)
        running[number] = self._clock()
        return number
