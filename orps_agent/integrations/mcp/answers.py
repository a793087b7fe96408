"""The values that the tools return, and clients get as structured content."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from orps_agent.domain.candidate import Candidate, Outline, Status
from orps_agent.domain.result import SearchResult
from orps_agent.domain.search import Search, SearchStatus
from orps_agent.integrations.langgraph.request import outcome_of


class SearchProgress(BaseModel):
    """The state of a search and how far it has come."""

    model_config = ConfigDict(frozen=True)

    search: str
    problem: str
    status: SearchStatus
    reason: str | None = None
    """Why it ended or was interrupted."""
    candidates: int = 0
    """Candidates that have gone through all their stages."""
    expected: int | None = None
    """Candidates if it goes through all its rounds."""
    best_passed: int | None = None
    """Tests that the best of them passes."""
    tests: int = 0


class SolveResult(BaseModel):
    """The best code of a search, and how the search went."""

    model_config = ConfigDict(frozen=True)

    search: str
    status: SearchStatus
    solved: bool
    code: str | None
    summary: str


class LatestSearches(BaseModel):
    """The latest searches, newest first."""

    model_config = ConfigDict(frozen=True)

    searches: list[SearchProgress]


class CandidateTold(BaseModel):
    """One candidate: what it was to try, what happened, what was said of it."""

    model_config = ConfigDict(frozen=True)

    id: str
    round: int
    hint: str
    status: str
    passed: int | None = None
    outcome_reward: float | None = None
    process_reward: int | None = None
    reasoning: str | None = None
    code: str | None = None
    critique: str | None = None
    failures: list[str] = []
    """What failed, a line a test."""


class Explanation(BaseModel):
    """A search and how it came to its result."""

    model_config = ConfigDict(frozen=True)

    result: SolveResult
    why: str
    best: CandidateTold | None
    tree: list[CandidateTold]
    """All candidates in path order, without their texts."""


def progress_of(search: Search, outline: list[Outline], expected: int | None = None) -> SearchProgress:
    """Summarise a search and its candidates."""
    passed = [each.passed for each in outline if each.passed is not None]
    return SearchProgress(
        search=search.id,
        problem=search.problem.id,
        status=search.status,
        reason=search.reason,
        candidates=sum(each.status is not Status.RUNNING for each in outline),
        expected=expected,
        best_passed=max(passed, default=None),
        tests=len(search.problem.tests),
    )


def result_of(result: SearchResult, status: SearchStatus) -> SolveResult:
    """Show a client the same as a graph, and the search's state."""
    return SolveResult(**outcome_of(result), status=status)


def outlined(each: Outline) -> CandidateTold:
    """A candidate without its texts."""
    return CandidateTold(
        id=each.id,
        round=each.round,
        hint=each.hint,
        status=each.status,
        passed=each.passed,
        outcome_reward=each.omega,
        process_reward=each.process,
    )


def told(each: Candidate) -> CandidateTold:
    """A candidate with everything that was said about it."""
    results = each.report.results if each.report else ()
    return CandidateTold(
        id=each.id,
        round=each.round,
        hint=each.hint,
        status=each.status,
        passed=each.report.passed if each.report else None,
        outcome_reward=each.omega if each.outcome else None,
        process_reward=each.process,
        reasoning=each.reasoning,
        code=each.code,
        critique=each.critique,
        failures=[f"{result.name}: {result.error or result.verdict}" for result in results if not result.passed],
    )
