"""Model a complete search as one value, which `orps export` writes and the page shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from orps_agent.settings.endpoints import Role

from .agreement import Agreement
from .candidate import Candidate, Tree
from .result import SearchResult
from .search import Search


class ExplainedSearch(Search):
    """Extend a search with the explanation of its winner, which is derived from its candidates."""

    # All of it is written out at all times, so that a reader of the schema may rely on it.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    agreement: Agreement | None = None
    """The solutions and tests that confirm each other, the winner among them, where the selector is `codet`."""
    why: str | None = None
    """Sentence that explains why the winner won."""

    @classmethod
    def of(cls, search: Search, found: SearchResult) -> Self:
        """Build it from a search and its result, whose winner counts also before the search's end."""
        winner = found.winner and found.winner.id
        return cls(**{**dict(search), "winner": winner, "agreement": found.agreement, "why": found.why})


class Call(BaseModel):
    """Describe one model call; values that its endpoint did not report are None."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    candidate: str
    stage: str
    """Stage that the call was made for: reason, code, critique, tests."""
    role: Role
    started_at: float
    """Unix seconds."""
    seconds: float | None = Field(default=None, ge=0)
    """Duration of the call; None when it was begun and no reply is stored."""
    prompt_tokens: int | None = Field(default=None, ge=0)
    cached_tokens: int | None = Field(default=None, ge=0)
    """Of the prompt's tokens, those that the endpoint had in its cache."""
    completion_tokens: int | None = Field(default=None, ge=0)
    cost: float | None = Field(default=None, ge=0)
    """In US dollars."""
    status: Literal["asked", "answered", "failed"] = "answered"
    """`asked`: the call was begun and its outcome is unknown."""
    finish: Literal["stop", "length", "other"] | None = None
    """Reason why the reply ended; `length`: it was cut off."""
    messages: tuple[tuple[str, str], ...] | None = None
    """Messages that were sent, as (role, text); None when the texts were left out."""
    reply: str | None = None

    @property
    def tokens(self) -> int | None:
        """Return prompt and completion tokens together; None when one of them is not known."""
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        return self.prompt_tokens + self.completion_tokens


class SpentCandidate(Candidate):
    """Extend a candidate with the totals of its model calls; a total is None when a call did not report it."""

    tokens: int | None = None
    cost: float | None = None
    """In US dollars."""
    seconds: float | None = None


class SearchDocument(BaseModel):
    """Hold a complete search: itself, its tree in path order, its calls in order of time.

    SearchDocument.of(explained_search, tree, calls).model_dump_json()
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    search: ExplainedSearch
    candidates: tuple[SpentCandidate, ...] = ()
    calls: tuple[Call, ...] = ()

    @classmethod
    def of(cls, search: ExplainedSearch, candidates: Iterable[Candidate], calls: Iterable[Call] = ()) -> Self:
        """Build a document from these values, in any order; a candidate's totals are summed up from its calls."""
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
