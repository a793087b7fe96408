"""A whole search as one value: what `orps export` writes and what the page shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from orps_agent.settings import SearchConfig
from orps_agent.settings.endpoints import Role

from .agreement import Agreement
from .candidate import Candidate, Tree
from .execution import ExecutionReport
from .problem import Problem
from .search import SearchStatus


class SearchFacts(BaseModel):
    """What is known of a search beside its candidates and calls; times are Unix seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    created_at: float
    finished_at: float | None = None
    status: SearchStatus
    reason: str | None = None
    """Why the search ended or was interrupted."""
    problem: Problem
    config: SearchConfig
    programmer: str
    """The programmer's model, as the user named it."""
    critic: str
    tests_by: str | None = None
    """The model that wrote the problem's tests; None where they were given."""
    agreement: Agreement | None = None
    """The solutions and tests that confirm each other, the winner among them, where the selector is `codet`."""
    winner: str | None = None
    """The winner's id."""
    why: str | None = None
    """Why the winner won, in a sentence."""
    verification: ExecutionReport | None = None
    """The winner on the held-back tests; None when there are none, or before the end."""
    comparison: str | None = None
    """The winner's CPU time against the first sample's."""
    forked_from: str | None = None
    """The search that this one was forked from."""
    forked_at: str | None = None
    """The candidate of that search from which this one went on."""


class Call(BaseModel):
    """One model call; what its endpoint did not report is None."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    candidate: str
    stage: str
    """What the call was for: reason, code, critique, tests."""
    role: Role
    started_at: float
    """Unix seconds."""
    seconds: float | None = Field(default=None, ge=0)
    """How long it took; None when it was begun and no reply is stored."""
    prompt_tokens: int | None = Field(default=None, ge=0)
    cached_tokens: int | None = Field(default=None, ge=0)
    """Of the prompt's tokens, those that the endpoint had in its cache."""
    completion_tokens: int | None = Field(default=None, ge=0)
    cost: float | None = Field(default=None, ge=0)
    """In US dollars."""
    status: Literal["asked", "answered", "failed"] = "answered"
    """`asked`: nobody knows what became of it."""
    finish: Literal["stop", "length", "other"] | None = None
    """Why the reply ended; `length`: it was cut off."""
    messages: tuple[tuple[str, str], ...] | None = None
    """What was sent, as (role, text); None when the texts were left out."""
    reply: str | None = None

    @property
    def tokens(self) -> int | None:
        """Both kinds together; None when one of them is not known."""
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        return self.prompt_tokens + self.completion_tokens


class SpentCandidate(Candidate):
    """A candidate with what its model calls took; a sum over calls of which not all are known is None."""

    tokens: int | None = None
    cost: float | None = None
    """In US dollars."""
    seconds: float | None = None


class SearchDocument(BaseModel):
    """Everything that one wants to know of a search: its facts, its tree in path order, its calls in order of time.

    SearchDocument.of(facts, store_tree, calls).model_dump_json()
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    search: SearchFacts
    candidates: tuple[SpentCandidate, ...] = ()
    calls: tuple[Call, ...] = ()

    @classmethod
    def of(cls, search: SearchFacts, candidates: Iterable[Candidate], calls: Iterable[Call] = ()) -> Self:
        """The document of these values, in any order; what a candidate took is summed up from its calls."""
        ordered = tuple(sorted(calls, key=lambda call: call.started_at))
        grouped: defaultdict[str, list[Call]] = defaultdict(list)
        for call in ordered:
            grouped[call.candidate].append(call)
        spent = (SpentCandidate(**{**dict(each), **_spent(grouped[each.id])}) for each in Tree(candidates))
        return cls(search=search, candidates=tuple(spent), calls=ordered)


def _spent(calls: Sequence[Call]) -> Mapping[str, float | None]:
    return {name: _sum([getattr(call, name) for call in calls]) for name in ("tokens", "cost", "seconds")}


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None
