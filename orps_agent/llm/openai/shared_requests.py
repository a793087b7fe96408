"""Batch concurrent calls with equal prompts so that they share one request."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import anyio

from orps_agent.errors import EndpointError
from orps_agent.llm.base import ModelReply, ModelRequest, OnPiece
from orps_agent.util.tasks import SharedTask, background_tasks

from .endpoint import Endpoint
from .faults import RequestFault

BATCH_WINDOW_SECONDS = 0.005
"""Seconds that a call waits for another one with the same prompt; each arrival restarts the wait."""


@dataclass(eq=False)
class PendingCall:
    """Track one call until it has a reply."""

    request: ModelRequest
    tell: OnPiece | None
    attempts: int = 0
    repeats: int = 0
    """Attempts that count against the retries."""
    refusals: int = 0
    """Attempts that a busy endpoint refused; they do not count against the retries."""
    request_seconds: float = 0.0
    """Seconds spent in requests, answered or not."""
    started: float = field(default_factory=time.monotonic)
    sent: float = 0.0
    """Time when the last request was sent."""
    previous: float = 0.0
    """Time when the request before the last was sent; for the first request, when the call began."""
    shared: bool = False
    """True when the last request was shared with other calls."""
    single: bool = False
    """True when the call is to be sent on its own from now on."""
    suspect: Endpoint | None = None
    """Endpoint that refused a request shared by this call; if it answers the call alone, it refuses shared requests."""
    refused: dict[Endpoint, EndpointError] = field(default_factory=dict)
    """Endpoints that refuse this call, with their errors."""

    def begin(self, *, shared: bool) -> None:
        """Register that a request is being sent."""
        self.attempts += 1
        self.shared = shared
        self.previous, self.sent = self.sent or self.started, time.monotonic()


CallOutcome = tuple[Endpoint, ModelReply | RequestFault]
Take = Callable[[int], list[PendingCall]]
"""Function that returns the calls of a request, at most so many; called once there is a slot for it."""


@dataclass(eq=False)
class _Batch:
    """Hold the calls that share a request, and the task that sends it."""

    most: int
    calls: list[PendingCall] = field(default_factory=list)
    work: SharedTask[dict[PendingCall, CallOutcome]] = field(init=False)

    @property
    def open(self) -> bool:
        """Return True when one more call may join: not if all others have left, as it is then being cancelled."""
        return len(self.calls) < self.most and self.work.has_waiters


class RequestBatcher:
    """Send one request for calls that differ only in their seed.

    Calls may join until there is a slot for the request. It is sent by a task of its own, so that cancelling one caller
    does not affect the others; when all callers are cancelled, so is the request.
    """

    def __init__(self, send: Callable[[Take], Awaitable[dict[PendingCall, CallOutcome]]]) -> None:
        self._send = send
        self._open: dict[ModelRequest, _Batch] = {}

    async def ask(self, call: PendingCall, most: int) -> CallOutcome | None:
        """Return the outcome of the call in a request of at most `most` calls; None when there was no room for it."""
        key = call.request.model_copy(update={"seed": 0})
        async with _own_listener(call):
            batch = self._open.get(key)
            if batch is None or not batch.open:
                batch = self._open[key] = _Batch(most)
                batch.work = SharedTask(self._request(key, batch))
            batch.calls.append(call)
            try:
                return (await batch.work.result()).get(call)
            finally:
                batch.calls.remove(call)

    async def _request(self, key: ModelRequest, batch: _Batch) -> dict[PendingCall, CallOutcome]:
        def close() -> None:
            if self._open.get(key) is batch:
                del self._open[key]

        def take(most: int) -> list[PendingCall]:
            close()
            return batch.calls[:most]

        try:
            gathered = 0
            while gathered < len(batch.calls) < batch.most:
                gathered = len(batch.calls)
                await anyio.sleep(BATCH_WINDOW_SECONDS)
            return await self._send(take)
        finally:
            close()


@asynccontextmanager
async def _own_listener(call: PendingCall) -> AsyncIterator[None]:
    """Deliver the call's pieces in a separate task, so that a slow or failing listener does not affect other calls."""
    listener = call.tell
    if listener is None:
        yield
        return
    send, receive = anyio.create_memory_object_stream[tuple[int, str]](math.inf)  # a reply has a bound of its own

    async def pass_on() -> None:
        async with receive:
            async for start, text in receive:
                await listener(start, text)

    async def tell(start: int, text: str) -> None:
        with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):  # the caller was cancelled
            send.send_nowait((start, text))

    call.tell = tell
    try:
        async with background_tasks(pass_on, wait=True), send:
            yield
    finally:
        call.tell = listener
