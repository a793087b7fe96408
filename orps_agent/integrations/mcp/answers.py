"""What the tools answer: values that clients get as structured content."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from orps_agent.domain.candidate import Candidate, Outline, Status
from orps_agent.domain.result import SearchResult
from orps_agent.domain.search import Search
from orps_agent.integrations.langgraph.request import summary_of


class SearchStatus(BaseModel):
    """Where a search stands."""

    model_config = ConfigDict(frozen=True)

    search: str
    problem: str
    status: str
    """running, interrupted, cancelled or finished."""
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
    """What a search found."""

    model_config = ConfigDict(frozen=True)

    search: str
    status: str
    solved: bool
    code: str | None
    summary: str


class SearchList(BaseModel):
    """The latest searches, newest first."""

    model_config = ConfigDict(frozen=True)

    searches: list[SearchStatus]


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


def status_of(row: Search, outline: list[Outline], expected: int | None = None) -> SearchStatus:
    """A row and its candidates in short."""
    passed = [each.passed for each in outline if each.passed is not None]
    return SearchStatus(
        search=row.id,
        problem=row.problem.id,
        status=row.status,
        reason=row.reason,
        candidates=sum(each.status is not Status.RUNNING for each in outline),
        expected=expected,
        best_passed=max(passed, default=None),
        tests=len(row.problem.tests),
    )


def result_of(result: SearchResult, status: str) -> SolveResult:
    """A result for a client."""
    return SolveResult(
        search=result.search, status=status, solved=result.solved, code=result.code, summary=summary_of(result)
    )


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
