"""Effects as values: the name of an act, how far it has come; and Protocols for what does them once."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from pydantic import BaseModel

from orps_agent.domain.candidate import Candidate
from orps_agent.llm.base import ModelReply, ModelRequest

Kind = Literal["model", "execution"]
Result = TypeVar("Result", bound=BaseModel)


@dataclass(frozen=True)
class Effect:
    """The name of one act on the outside world, made of nothing but its place in the search.

    It depends neither on LangGraph's ids nor on time, so that a resumed search gives the same act the same name.
    """

    search: str
    candidate: str
    stage: str
    attempt: int = 0

    @property
    def place(self) -> tuple[str, str, int]:
        """Where in its search it belongs."""
        return self.candidate, self.stage, self.attempt


@dataclass(frozen=True)
class Tries:
    """How far an effect has come, over all runs of its search."""

    kind: Kind
    candidate: str
    stage: str
    attempt: int
    number: int = 0
    """How often it was begun."""
    finished: bool = False
    unknown: bool = False
    """A try was begun, and nobody knows how it ended."""


@dataclass(frozen=True)
class Settled:
    """Outcomes of effects that a candidate's row, or its search's, repeats from now on.

    They go into the same transaction as that row, and a store need not keep twice what they say: it may refer to the
    candidate's texts in place of a reply, and drop the result of an execution, which is not read again.
    """

    candidate: Candidate
    outcomes: Mapping[Effect, BaseModel] = field(default_factory=dict)


@dataclass
class Tally:
    """What a run did, by kind of effect."""

    done: dict[Kind, int] = field(default_factory=dict)
    reused: dict[Kind, int] = field(default_factory=dict)
    """Found finished, from earlier runs."""
    redone: dict[Kind, int] = field(default_factory=dict)
    """Begun by an earlier run that did not live to store the outcome: possibly paid for twice."""
    reused_cost: float | None = 0.0
    """USD that the reused model calls had cost; None when that is not known of all."""


class Effects(Protocol):
    """Does effects once: the journal of a search that runs, or the record of one that is replayed.

    An effect whose outcome is stored is never done again. The intent is stored before the act and the outcome before
    the caller goes on, so that at most the acts in flight are done a second time after a kill.
    """

    search: str
    tally: Tally

    def is_finished(self, effect: Effect) -> bool:
        """Return whether the outcome of the effect is stored."""
        ...

    async def call(
        self,
        effect: Effect,
        request: ModelRequest,
        do: Callable[[], Awaitable[ModelReply]],
        *,
        model: str,
        quoted: Sequence[Candidate] = (),
    ) -> ModelReply:
        """Return the stored reply to a model call, or do the call and store it.

        `model` is the name of the model that is asked, `quoted` are candidates whose texts the conversation may hold.
        What `do` raises is passed on; the effect stays open then.
        """
        ...

    async def reply(self, effect: Effect) -> ModelReply:
        """Return the reply to a call that is finished."""
        ...

    async def execute(self, effect: Effect, result_type: type[Result], do: Callable[[], Awaitable[Result]]) -> Result:
        """Return the stored result of an execution, or run it and store that; otherwise as `call`."""
        ...

    def settled(self, candidate: Candidate, stages: Iterable[str]) -> Settled:
        """Take the outcomes of these stages' effects, to be stored with the candidate that repeats them now."""
        ...


class EffectLog(Protocol):
    """The effects of one search as they are stored: what the Journal of this package writes down and reads back."""

    async def tries(self) -> list[Tries]:
        """Return how far every effect has come."""
        ...

    async def cost(self) -> float | None:
        """Return what the answered model calls have cost in USD; None when that is not known of all."""
        ...

    async def begin_call(
        self, effect: Effect, number: int, request: ModelRequest, model: str, quoted: Sequence[Candidate]
    ) -> None:
        """Store that the `number`-th try of a call of `model` begins, and its whole conversation.

        A text that repeats one of a `quoted` candidate's may be stored as a reference to it.
        """
        ...

    async def finish_call(self, effect: Effect, number: int, reply: ModelReply) -> None:
        """Store the reply to a try."""
        ...

    async def begin_execution(self, effect: Effect, number: int) -> None:
        """Store that the `number`-th try of an execution begins."""
        ...

    async def finish_execution(self, effect: Effect, number: int, result: BaseModel, seconds: float) -> None:
        """Store the result of a try, and how long it took."""
        ...

    async def fail(self, kind: Kind, effect: Effect, number: int, error: str) -> None:
        """Store why a try came to nothing."""
        ...

    async def reply(self, effect: Effect) -> ModelReply:
        """Return a stored reply, as it was; raises StoreError when there is none."""
        ...

    async def result(self, effect: Effect, result_type: type[Result]) -> Result:
        """Return a stored result that is not settled yet; raises StoreError when there is none."""
        ...


def prompt_hash(request: ModelRequest) -> str:
    """Return the hash of a request's conversation: the same whoever is asked, and with which parameters."""
    return digest(*(part for message in request.messages for part in (message.role, message.content)))


def parameters(request: ModelRequest) -> dict[str, object]:
    """Return what of a request is stored beside its role and its conversation, as JSON."""
    return request.model_dump(mode="json", exclude={"messages", "role"})


def digest(*texts: str) -> str:
    """Return the SHA-256 of the texts, shortened to 128 bits."""
    whole = hashlib.sha256()
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        whole.update(len(encoded).to_bytes(8, "big") + encoded)
    return whole.hexdigest()[:32]
