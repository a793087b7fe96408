"""Define the interface between the search and its chat models."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field

from orps_agent.settings.endpoints import Role

OnPiece = Callable[[int, str], Awaitable[None]]
"""Callback that receives a piece of a reply as it arrives, after the number of characters that preceded it; that number
starts again from 0 when a call is repeated."""


class Message(BaseModel):
    """Hold one message of a conversation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Literal["system", "user", "assistant"]
    content: str


class ModelRequest(BaseModel):
    """Hold everything that determines a reply and is under our control."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Role
    """Role that the model plays; used by scripts and accounts, not sent to endpoints."""
    messages: tuple[Message, ...]
    temperature: float
    max_tokens: int
    seed: int
    structured: bool = False
    """True when an earlier reply could not be parsed; this one should be JSON where the endpoint supports it."""


class ModelReply(BaseModel):
    """Hold a model's reply. A count that the endpoint did not report is None, never 0."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    reasoning: str | None = None
    """Text that a reasoning model sent in a separate field."""
    finish: Literal["stop", "length", "other"] = "stop"
    """`length`: the reply was cut off at `max_tokens`."""
    model: str
    cost: float | None = Field(default=None, ge=0)
    """USD; None when the model's price or a count is unknown."""
    prompt_tokens: int | None = Field(default=None, ge=0)
    cached_tokens: int | None = Field(default=None, ge=0)
    """Number of the prompt's tokens that the endpoint had in its cache."""
    completion_tokens: int | None = Field(default=None, ge=0)
    shared: int = Field(default=1, ge=1)
    """Number of calls that the request answered; the token counts are this call's share."""
    seconds: float = Field(ge=0)
    """Wall time from sending the answered request to the complete reply."""
    requests: int = Field(default=1, ge=1)
    """Number of requests sent; one that timed out, or broke off, may have been charged as well."""
    waited: float = Field(default=0.0, ge=0)
    """Seconds spent waiting for a slot, between repeats, and in pauses that the endpoint requested: no working time."""


class ChatModel(Protocol):
    """Answer conversations. Any number of calls may be in flight; cancelling one closes its request.

    Raises ReplyError when a single call has no usable reply, EndpointError when no call can have one.
    """

    name: str
    """Name of the model in reports."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def complete(self, request: ModelRequest, on_piece: OnPiece | None = None) -> ModelReply:
        """Return one reply to the conversation; a streamed reply is passed to `on_piece` as it arrives."""
        ...


@dataclass(frozen=True)
class Models:
    """Hold the open models of a search, one per role.

    model = MyModel()
    Models(programmer=model, critic=model, tester=model)
    """

    programmer: ChatModel
    critic: ChatModel
    tester: ChatModel
    """Writes the tests of problems that have none."""
    checks: tuple[Callable[[], Awaitable[None]], ...] = ()
    """Called before a search begins; each raises EndpointError when a model cannot be asked."""

    async def check(self) -> None:
        """Raise now what the first call to an endpoint would raise, before anything is spent."""
        for check in self.checks:
            await check()
