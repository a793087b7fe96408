"""The seam between the search and whatever answers its prompts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field

from orps_agent.settings.endpoints import Role

OnPiece = Callable[[int, str], Awaitable[None]]
"""Told a piece of a reply as it arrives, and how many characters came before it: 0 again when a call is repeated."""


class Message(BaseModel):
    """One message of a conversation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Literal["system", "user", "assistant"]
    content: str


class ModelRequest(BaseModel):
    """Everything that determines a reply, as far as we are the ones who determine it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Role
    """Who is asked to speak; endpoints do not see it, scripts and accounts do."""
    messages: tuple[Message, ...]
    temperature: float
    max_tokens: int
    seed: int
    structured: bool = False
    """Whether an earlier reply could not be read, so that this one should be JSON where the endpoint can make it so."""


class ModelReply(BaseModel):
    """What came back. A count that the endpoint did not report is None, never 0."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    reasoning: str | None = None
    """What a reasoning model sent in a field of its own, beside the text."""
    finish: Literal["stop", "length", "other"] = "stop"
    """`length`: the reply was cut off at `max_tokens`."""
    model: str
    cost: float | None = Field(default=None, ge=0)
    """USD; None when the model's price or a count is not known."""
    prompt_tokens: int | None = Field(default=None, ge=0)
    cached_tokens: int | None = Field(default=None, ge=0)
    """Of the prompt's tokens, those that the endpoint had in its cache."""
    completion_tokens: int | None = Field(default=None, ge=0)
    shared: int = Field(default=1, ge=1)
    """How many calls the request answered; the tokens are this call's part of what it took."""
    seconds: float = Field(ge=0)
    """Wall time from sending the request that was answered to the whole reply."""
    requests: int = Field(default=1, ge=1)
    """How many requests it took; one that timed out, or broke off, may have been paid for as well."""
    waited: float = Field(default=0.0, ge=0)
    """Seconds spent waiting for a slot, between repeats, and as long as the endpoint asked: no working time."""


class ChatModel(Protocol):
    """Answers a conversation. Any number of calls may be in flight; cancelling one closes its request.

    Raises ReplyError when this one call has no usable reply, EndpointError when no call can have one.
    """

    name: str
    """How reports call the model."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def complete(self, request: ModelRequest, on_piece: OnPiece | None = None) -> ModelReply:
        """One reply to the conversation; where it is streamed, `on_piece` is told as it comes."""
        ...


@dataclass(frozen=True)
class Models:
    """The models of a search, open, one a role.

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
