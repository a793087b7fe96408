"""Model effects as values: the name of an act, and its tries; and define Protocols for doing each once."""

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
    """Name one act on the outside world by nothing but its place in the search.

    It depends neither on LangGraph's ids nor on time, so that a resumed search gives the same act the same name.
    """

    search: str
    candidate: str
    stage: str
    attempt: int = 0

    @property
    def place(self) -> tuple[str, str, int]:
        """Return its place in the search: candidate, stage, attempt."""
        return self.candidate, self.stage, self.attempt


@dataclass(frozen=True)
class Tries:
    """Count the tries of an effect, over all runs of its search."""

    kind: Kind
    candidate: str
    stage: str
    attempt: int
    number: int = 0
    """Number of times that it was begun."""
    finished: bool = False
    unknown: bool = False
    """True when a try was begun and its outcome is unknown."""


@dataclass(frozen=True)
class Settled:
    """Hold outcomes of effects that from now on are contained in the row of a candidate or of its search.

    They are stored in the same transaction as that row, and a store need not keep their contents twice: it may refer to
    the candidate's texts in place of a reply, and drop the result of an execution, which is not read again.
    """

    candidate: Candidate
    outcomes: Mapping[Effect, BaseModel] = field(default_factory=dict)


@dataclass
class Tally:
    """Count the effects of a run, by kind."""

    done: dict[Kind, int] = field(default_factory=dict)
    reused: dict[Kind, int] = field(default_factory=dict)
    """Effects that earlier runs had finished."""
    redone: dict[Kind, int] = field(default_factory=dict)
    """Effects that an earlier run began and was killed before it stored the outcome: possibly paid for twice."""
    reused_cost: float | None = 0.0
    """USD that the reused model calls had cost; None when the cost of one of them is unknown."""


class Effects(Protocol):
    """Carry out each effect once: the journal of a running search, or the record of a replayed one.

    An effect whose outcome is stored is never carried out again. The intent is stored before the act and the outcome
    before the caller continues, so that after a kill at most the acts in flight are carried out a second time.
    """

    search: str
    tally: Tally

    def is_finished(self, effect: Effect) -> bool:
        """Return True when the outcome of the effect is stored."""
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
        """Return the stored reply to a model call, or make the call and store its reply.

        `model` is the name of the called model, `quoted` are candidates whose texts the conversation may contain.
        An error that `do` raises is passed on; the effect stays open then.
        """
        ...

    async def reply(self, effect: Effect) -> ModelReply:
        """Return the reply to a call that is finished."""
        ...

    async def execute(self, effect: Effect, result_type: type[Result], do: Callable[[], Awaitable[Result]]) -> Result:
        """Return the stored result of an execution, or run it and store the result; otherwise as `call`."""
        ...

    def settled(self, candidate: Candidate, stages: Iterable[str]) -> Settled:
        """Take the outcomes of these stages' effects, to be stored with the candidate that now contains them."""
        ...


class EffectLog(Protocol):
    """Store the effects of one search: the log that the Journal of this package writes and reads."""

    async def tries(self) -> list[Tries]:
        """Return the tries of every effect."""
        ...

    async def cost(self) -> float | None:
        """Return the cost of the answered model calls in USD; None when the cost of one of them is unknown."""
        ...

    async def begin_call(
        self, effect: Effect, number: int, request: ModelRequest, model: str, quoted: Sequence[Candidate]
    ) -> None:
        """Store that the `number`-th try of a call of `model` begins, and its complete conversation.

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
        """Store the result of a try, and its duration in seconds."""
        ...

    async def fail(self, kind: Kind, effect: Effect, number: int, error: str) -> None:
        """Store the error that ended a try."""
        ...

    async def reply(self, effect: Effect) -> ModelReply:
        """Return a stored reply unchanged; raises StoreError when there is none."""
        ...

    async def result(self, effect: Effect, result_type: type[Result]) -> Result:
        """Return a stored result that is not settled yet; raises StoreError when there is none."""
        ...


def prompt_hash(request: ModelRequest) -> str:
    """Return the hash of a request's conversation: the same for every model and all parameters."""
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
