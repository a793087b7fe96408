"""What a search tells while it runs: small typed values, in the order in which things happened."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from orps_agent.settings.endpoints import Role

from .candidate import Candidate, Status
from .execution import ExecutionReport
from .problem import SnippetTest, TestSuite
from .result import SearchResult


class Event(BaseModel):
    """Base of all events; `search` is the id of the search that tells."""

    model_config = ConfigDict(frozen=True)

    kind: str
    search: str


class SearchStarted(Event):
    """The search begins, or goes on after an interruption."""

    kind: Literal["search_started"] = "search_started"
    problem: str
    resumed: bool
    at_most: int
    """How many candidates the search can have, if no branch is closed early."""


class TestsWritten(Event):
    """A model has written the tests of a problem that had none."""

    __test__: ClassVar[bool] = False  # not a test class, whatever pytest makes of the name
    kind: Literal["tests_written"] = "tests_written"
    model: str
    tests: tuple[str, ...]
    """Their code."""
    reused: bool

    @classmethod
    def of(cls, search: str, model: str, tests: TestSuite, *, reused: bool) -> Self:
        """The event for the suite that a search has by now."""
        codes = tuple(each.code for each in tests.tests if isinstance(each, SnippetTest))
        return cls(search=search, model=model, tests=codes, reused=reused)


class RoundStarted(Event):
    """A round was planned."""

    kind: Literal["round_started"] = "round_started"
    round: int
    candidates: int


class CallStarted(Event):
    """A model call begins."""

    kind: Literal["call_started"] = "call_started"
    candidate: str
    role: Role


class CallProgress(Event):
    """A piece of a reply has arrived, from an endpoint that is told to `stream`.

    `start` is how many characters came before it; 0 once more means that the call was repeated.
    """

    kind: Literal["call_progress"] = "call_progress"
    candidate: str
    role: Role
    start: int
    text: str


class CallFinished(Event):
    """A model call has ended; without a reply, `error` says why."""

    kind: Literal["call_finished"] = "call_finished"
    candidate: str
    role: Role
    reused: bool
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    """USD; None when it is not known."""
    seconds: float = 0.0
    error: str | None = None


class CandidateExecuted(Event):
    """A candidate was run on the visible tests."""

    kind: Literal["candidate_executed"] = "candidate_executed"
    candidate: str
    round: int
    hint: str
    passed: int
    tests: int
    omega: float
    reused: bool

    @classmethod
    def of(cls, search: str, candidate: Candidate, *, reused: bool) -> Self:
        """The event for a candidate that has its outcome reward."""
        report = candidate.report or ExecutionReport()
        return cls(
            search=search,
            candidate=candidate.id,
            round=candidate.round,
            hint=candidate.hint,
            passed=report.passed,
            tests=len(report.results),
            omega=candidate.omega,
            reused=reused,
        )


class CandidateFinished(Event):
    """A candidate has gone through all its stages."""

    kind: Literal["candidate_finished"] = "candidate_finished"
    candidate: str
    round: int
    status: Status
    process: int | None
    omega: float
    error: str | None = None

    @classmethod
    def of(cls, search: str, candidate: Candidate) -> Self:
        """The event for a candidate with all its columns."""
        return cls(
            search=search,
            candidate=candidate.id,
            round=candidate.round,
            status=candidate.status,
            process=candidate.process,
            omega=candidate.omega,
            error=candidate.error,
        )


class RoundClosed(Event):
    """All candidates of a round are finished; the beam is what will be expanded."""

    kind: Literal["round_closed"] = "round_closed"
    round: int
    beam: tuple[str, ...]


class SearchFinished(Event):
    """The search has ended, and this is what it found."""

    kind: Literal["search_finished"] = "search_finished"
    result: SearchResult


AnyEvent = Annotated[
    SearchStarted
    | TestsWritten
    | RoundStarted
    | CallStarted
    | CallProgress
    | CallFinished
    | CandidateExecuted
    | CandidateFinished
    | RoundClosed
    | SearchFinished,
    Field(discriminator="kind"),
]


class StoredEvent(BaseModel):
    """Something that a search told while it ran, as `events` tells it."""

    model_config = ConfigDict(frozen=True)

    id: int
    """Greater than that of every earlier event of the search."""
    at: float
    search: str
    kind: str
    """search_started, round_started, candidate_executed, candidate_finished, round_closed, search_finished."""
    told: dict[str, Any]
    """What else the event says."""
