"""Calls that ask the same at the same time, brought together so that they can share a request."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import anyio

from orps_agent.errors import EndpointError
from orps_agent.llm.base import ModelReply, ModelRequest, OnPiece
from orps_agent.util.tasks import Shared, beside

from .endpoint import Endpoint
from .faults import Fault

GATHER_SECONDS = 0.005
"""How long a call waits for another one that asks the same, and with each that comes for the next."""


@dataclass(eq=False)
class Call:
    """One call on its way to a reply."""

    request: ModelRequest
    tell: OnPiece | None
    attempts: int = 0
    repeats: int = 0
    """Attempts that count against the retries."""
    refusals: int = 0
    worked: float = 0.0
    """Seconds in requests, answered or not."""
    started: float = field(default_factory=time.monotonic)
    sent: float = 0.0
    """When the last request was sent."""
    previous: float = 0.0
    """When the one before it was sent; for the first one, when the call began."""
    shared: bool = False
    """Whether the last request was other calls' as well."""
    alone: bool = False
    """Whether it is asked singly from now on."""
    doubted: Endpoint | None = None
    """Who refused a request that this call shared: if it answers the call alone, it was for the others' sake."""
    refused: dict[Endpoint, EndpointError] = field(default_factory=dict)
    """Who will not answer this call, and why."""

    def begin(self, *, shared: bool) -> None:
        """A request is sent."""
        self.attempts += 1
        self.shared = shared
        self.previous, self.sent = self.sent or self.started, time.monotonic()


Outcome = tuple[Endpoint, ModelReply | Fault]
Take = Callable[[int], list[Call]]
"""Says which calls a request is for, at most so many; told once there is a slot for it."""


@dataclass(eq=False)
class _Joint:
    """Calls that are to share a request, and the task that sends it."""

    most: int
    calls: list[Call] = field(default_factory=list)
    work: Shared[dict[Call, Outcome]] = field(init=False)

    @property
    def open(self) -> bool:
        """Whether one more call may join: not when all others have left, as it is being cancelled then."""
        return len(self.calls) < self.most and self.work.wanted


class Gathering:
    """Sends one request for calls that differ in nothing but their seed.

    More calls may join until there is a slot for the request. It is sent by a task of its own, so that a caller that is
    cancelled takes nothing from the others; when all of them are, so is the request.
    """

    def __init__(self, send: Callable[[Take], Awaitable[dict[Call, Outcome]]]) -> None:
        self._send = send
        self._open: dict[ModelRequest, _Joint] = {}

    async def ask(self, call: Call, most: int) -> Outcome | None:
        """What becomes of the call in a request of `most` calls or fewer; None when there was no room for it."""
        key = call.request.model_copy(update={"seed": 0})
        async with _listening(call):
            joint = self._open.get(key)
            if joint is None or not joint.open:
                joint = self._open[key] = _Joint(most)
                joint.work = Shared(self._request(key, joint))
            joint.calls.append(call)
            try:
                return (await joint.work.result()).get(call)
            finally:
                joint.calls.remove(call)

    async def _request(self, key: ModelRequest, joint: _Joint) -> dict[Call, Outcome]:
        def close() -> None:
            if self._open.get(key) is joint:
                del self._open[key]

        def take(most: int) -> list[Call]:
            close()
            return joint.calls[:most]

        try:
            gathered = 0
            while gathered < len(joint.calls) < joint.most:
                gathered = len(joint.calls)
                await anyio.sleep(GATHER_SECONDS)
            return await self._send(take)
        finally:
            close()


@asynccontextmanager
async def _listening(call: Call) -> AsyncIterator[None]:
    """Have the call told its pieces by its own task: a listener that is slow, or fails, concerns nobody else."""
    told = call.tell
    if told is None:
        yield
        return
    send, receive = anyio.create_memory_object_stream[tuple[int, str]](math.inf)  # a reply has a bound of its own

    async def pass_on() -> None:
        async with receive:
            async for start, text in receive:
                await told(start, text)

    async def tell(start: int, text: str) -> None:
        with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):  # the caller has left
            send.send_nowait((start, text))

    call.tell = tell
    try:
        async with beside(pass_on, wait=True), send:
            yield
    finally:
        call.tell = told
