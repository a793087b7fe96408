"""Stop a search: start no more effects, finish and store those in flight, then end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import anyio

from orps_agent.errors import CannotRun, ReplyError

Result = TypeVar("Result")


class Lifecycle:
    """Start the effects of one search until it stops, and signal when a stopping search has none in flight."""

    def __init__(self) -> None:
        self.error: CannotRun | None = None
        """First reason given for stopping; None while the search runs, or when it was stopped without one."""
        self._in_flight = 0
        self._stopping = anyio.Event()
        self._idle = anyio.Event()

    @property
    def stopping(self) -> bool:
        """Return True once no new effect may start."""
        return self._stopping.is_set()

    def stop(self, error: CannotRun | None = None) -> None:
        """Start no more effects; keep the first error given."""
        self.error = self.error or error
        self._stopping.set()
        self._settle()

    async def until_stopping(self) -> None:
        """Wait until `stop` is called."""
        await self._stopping.wait()

    async def until_idle(self) -> None:
        """Wait until the search is stopping and has nothing in flight."""
        await self._idle.wait()

    async def carry_out(self, act: Callable[[], Awaitable[Result]], *, stored: bool = False) -> Result:
        """Run an effect and return its result; a `stored` one is only read back, which a stopping search still does.

        Raises ReplyError, which concerns this one effect. Any other CannotRun stops the search.

        When the search is stopping, or cannot go on because the endpoint, the sandbox or the store is gone, the
        caller waits here until it is cancelled: raising would make LangGraph cancel the candidate's siblings, and
        their replies, already paid for, would be lost.
        """
        if stored or not self.stopping:
            try:
                with self._counted():
                    return await act()
            except ReplyError:
                raise
            except CannotRun as error:
                self.stop(error)
        await anyio.sleep_forever()
        raise AssertionError("an endless sleep ends by cancellation only")

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1
            self._settle()

    def _settle(self) -> None:
        if self.stopping and not self._in_flight:
            self._idle.set()
