"""Define the other values that a store keeps: calls, executions, queue entries, tokens, garbage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field

from orps_agent.domain.document import Call
from orps_agent.domain.execution import ExecutionReport
from orps_agent.domain.problem import Problem
from orps_agent.domain.search import SearchStatus
from orps_agent.settings import SearchConfig
from orps_agent.settings.service_settings import ClientLimits

from .effects import Effect

_PATH = r"^\d+(\.\d+)*$"
_LATER = ConfigDict(extra="forbid", frozen=True, defer_build=True)
"""For models that are not needed to list searches: built when they are first used."""


class SearchChanges(TypedDict, total=False):
    """List the attributes of a stored Search that may be given new values."""

    status: SearchStatus
    reason: str | None
    finished_at: float | None
    problem: Problem
    config: SearchConfig
    tests_by: str | None
    winner: str | None
    verification: ExecutionReport | None
    comparison: str | None
    owner_pid: int | None
    owner_host: str | None
    lease_until: float | None
    cancel_requested_at: float | None


class StoredUsage(TypedDict):
    """Hold sums over all runs of a search; tokens and cost are None when not known of all answered calls."""

    model_calls: int
    failed_model_calls: int
    executions: int
    prompt_tokens: int | None
    cached_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    """USD."""


class CallRecord(Call):
    """Describe one try of one model call, without its texts."""

    model_config = _LATER

    search: str
    candidate: str = Field(pattern=_PATH)
    attempt: int = Field(ge=0)
    number: int = Field(ge=1)
    """Above 1, an earlier try of the same call failed or was cut off."""
    model: str
    """The model that replied; before a reply, the one that was requested."""
    waited: float | None = Field(default=None, ge=0)
    """Seconds waited for a slot, or because the endpoint requested it."""
    parameters: dict[str, Any]
    prompt_hash: str
    """Equal for the same conversation; empty where it is not known."""
    error: str | None = None

    @property
    def effect(self) -> Effect:
        """Return the name of the call that this is a try of."""
        return Effect(self.search, self.candidate, self.stage, self.attempt)


class ExecutionRecord(BaseModel):
    """Describe one try of one execution, without its result."""

    model_config = _LATER

    candidate: str = Field(pattern=_PATH)
    stage: str
    attempt: int = Field(ge=0)
    number: int = Field(ge=1)
    status: Literal["asked", "answered", "failed"]
    started_at: float
    """Unix seconds."""
    seconds: float | None = Field(default=None, ge=0)


@dataclass(frozen=True)
class QueueEntry:
    """Describe a search that a client of the service has submitted."""

    search: str
    client: str
    priority: int = 0
    """The highest priority runs first; among equal ones, the search that was submitted first."""
    key: str | None = None
    """The client's idempotency key."""
    digest: str | None = None
    """The digest of the request that came with the key."""
    tries: int = 0
    """Number of runs that ended because an endpoint, the sandbox or the store failed."""
    done: bool = False
    """True when the service has nothing more to do for it."""


@dataclass(frozen=True)
class BenchRun:
    """Identify the search of a benchmark that a record is about."""

    search: str
    dataset: str
    problem: str
    method: str
    regime: str
    seed: int


class Token(BaseModel):
    """Hold a token of the service as it is stored; the secret itself is shown only once, to the user who creates it."""

    model_config = _LATER

    id: str
    client: str
    hash: str = Field(repr=False, exclude=True)
    """SHA-256 of the secret."""
    created_at: float
    limits: ClientLimits | None = None
    """The client's limits, in place of those in the settings; None: the settings' limits."""
    revoked_at: float | None = None


@dataclass(frozen=True)
class Garbage:
    """List what `collect` would remove: searches that ended long enough ago, and data that is no longer needed."""

    searches: tuple[str, ...] = ()
    text_bytes: int = 0
    """Of the searches: their texts, which is nearly all that they take."""
    checkpoints: int = 0
    """Files of LangGraph's checkpoints that an earlier version kept beside the database: nothing reads them."""
    free_bytes: int = 0
    """Bytes inside the file that nothing uses."""
