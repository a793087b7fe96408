"""Define the events that a search emits while it runs: small typed values, in the order in which things happened."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from orps_agent.settings.endpoints import Role

from .candidate import Candidate, Status
from .execution import ExecutionReport
from .problem import SnippetTest, TestSuite
from .result import SearchResult


class Event(BaseModel):
    """Define the fields of every event; `search` is the id of the search that emits it."""

    model_config = ConfigDict(frozen=True)

    kind: str
    search: str


class SearchStarted(Event):
    """Report that the search starts, or continues after an interruption."""

    kind: Literal["search_started"] = "search_started"
    problem: str
    resumed: bool
    at_most: int
    """Largest number of candidates that the search can have, reached when no branch is closed early."""


class TestsWritten(Event):
    """Report that a model has written the tests of a problem that had none."""

    __test__: ClassVar[bool] = False  # not a test class, whatever pytest makes of the name
    kind: Literal["tests_written"] = "tests_written"
    model: str
    tests: tuple[str, ...]
    """Source code of the tests."""
    reused: bool

    @classmethod
    def of(cls, search: str, model: str, tests: TestSuite, *, reused: bool) -> Self:
        """Build the event from the test suite of a search."""
        codes = tuple(each.code for each in tests.tests if isinstance(each, SnippetTest))
        return cls(search=search, model=model, tests=codes, reused=reused)


class RoundStarted(Event):
    """Report that a round was planned."""

    kind: Literal["round_started"] = "round_started"
    round: int
    candidates: int


class CallStarted(Event):
    """Report that a model call begins."""

    kind: Literal["call_started"] = "call_started"
    candidate: str
    role: Role


class CallProgress(Event):
    """Report that a piece of a reply has arrived; only endpoints with `stream` set emit this.

    `start` is the number of characters before the piece; a second 0 means that the call was repeated.
    """

    kind: Literal["call_progress"] = "call_progress"
    candidate: str
    role: Role
    start: int
    text: str


class CallFinished(Event):
    """Report that a model call has ended; `error` gives the reason when there was no reply."""

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
    """Report that a candidate was run on the visible tests."""

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
        """Build the event from a candidate that has its outcome reward."""
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
    """Report that a candidate has gone through all its stages."""

    kind: Literal["candidate_finished"] = "candidate_finished"
    candidate: str
    round: int
    status: Status
    process: int | None
    omega: float
    error: str | None = None

    @classmethod
    def of(cls, search: str, candidate: Candidate) -> Self:
        """Build the event from a candidate that has gone through all its stages."""
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
    """Report that all candidates of a round are finished; `beam` contains those that will be expanded."""

    kind: Literal["round_closed"] = "round_closed"
    round: int
    beam: tuple[str, ...]


class SearchFinished(Event):
    """Report that the search has ended, with its result."""

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
    """Hold an event as the database stores it."""

    model_config = ConfigDict(frozen=True)

    id: int
    """Greater than that of every earlier event of the search."""
    at: float
    search: str
    kind: str
    """search_started, round_started, candidate_executed, candidate_finished, round_closed, search_finished."""
    told: dict[str, Any]
    """Remaining fields of the event."""
