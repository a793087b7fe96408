"""Define the values that the tools return and that clients receive as structured content."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from orps_agent.domain.candidate import Candidate, Outline, Status
from orps_agent.domain.result import SearchResult
from orps_agent.domain.search import Search, SearchStatus
from orps_agent.integrations.langgraph.request import outcome_of


class SearchProgress(BaseModel):
    """Describe the state and progress of a search."""

    model_config = ConfigDict(frozen=True)

    search: str
    problem: str
    status: SearchStatus
    reason: str | None = None
    """Reason why the search ended or was interrupted."""
    candidates: int = 0
    """Number of candidates that have finished all their stages."""
    expected: int | None = None
    """Number of candidates if all rounds are run."""
    best_passed: int | None = None
    """Number of tests that the best candidate passes."""
    tests: int = 0


class SolveResult(BaseModel):
    """Hold the best code of a search and a summary of the search."""

    model_config = ConfigDict(frozen=True)

    search: str
    status: SearchStatus
    solved: bool
    code: str | None
    summary: str


class LatestSearches(BaseModel):
    """List the latest searches, newest first."""

    model_config = ConfigDict(frozen=True)

    searches: list[SearchProgress]


class CandidateSummary(BaseModel):
    """Describe one candidate: its strategy hint, its results, and the critique of it."""

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
    """Failed tests, one line per test."""


class Explanation(BaseModel):
    """Explain the result of a search: its best candidate, why that won, and the tree."""

    model_config = ConfigDict(frozen=True)

    result: SolveResult
    why: str
    best: CandidateSummary | None
    tree: list[CandidateSummary]
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
    """Return the outcome that a graph returns, together with the search's state."""
    return SolveResult(**outcome_of(result), status=status)


def summarise_outline(each: Outline) -> CandidateSummary:
    """Describe a candidate without its texts."""
    return CandidateSummary(
        id=each.id,
        round=each.round,
        hint=each.hint,
        status=each.status,
        passed=each.passed,
        outcome_reward=each.omega,
        process_reward=each.process,
    )


def summarise_candidate(each: Candidate) -> CandidateSummary:
    """Describe a candidate with its reasoning, code, critique and failures."""
    results = each.report.results if each.report else ()
    return CandidateSummary(
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
