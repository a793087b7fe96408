"""Define request and outcome of a graph or a tool, as plain JSON because LangGraph stores them in checkpoints."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from typing_extensions import TypedDict  # pydantic reads typing.TypedDict only from Python 3.12 on

from orps_agent.agent import default_config
from orps_agent.domain.problem import Problem
from orps_agent.domain.result import SearchResult
from orps_agent.errors import ProblemError
from orps_agent.problems import check_problem, problem_from_words
from orps_agent.settings import SearchConfig, Settings, changed
from orps_agent.util.text import money
from orps_agent.util.validation import first_problem


class SearchRequest(TypedDict, total=False):
    """Request a search for a `problem` or a `statement`; without `tests` for a statement, a model writes them."""

    problem: dict[str, Any] | None
    """A Problem as JSON (`problem.model_dump(mode="json")`)."""
    statement: str | None
    """The task in words."""
    tests: list[str]
    """Tests such as `f(2) == 4`, run on every candidate."""
    held_back: list[str]
    """Tests that are run on the winner only."""
    changes: dict[str, Any]
    """Fields of the SearchConfig that differ from the settings, such as `{"samples": 8}`."""
    budget: dict[str, Any]
    """Limits, such as `{"calls": 100, "cost": 0.5}`; see Budget."""


class SearchOutcome(TypedDict):
    """Hold the result of a search."""

    search: str
    """Id of the search, for `orps show ID` and `Archive`."""
    code: str | None
    """The best code, or None if there is none."""
    solved: bool
    """True when the code passes all tests, including the held-back ones."""
    summary: str
    """Summary of the search in a sentence or two."""


def problem_of(request: SearchRequest) -> Problem:
    """Return the problem of a request after checking it; raise ProblemError."""
    given, statement = request.get("problem"), request.get("statement")
    if given:
        try:
            problem = Problem.model_validate(given)
        except ValidationError as error:
            raise ProblemError(f"problem: {first_problem(error)}") from error
        check_problem(problem, "problem")
        return problem
    if not statement:
        raise ProblemError("a request needs a problem, or a statement")
    return problem_from_words(statement, request.get("tests") or [], request.get("held_back") or [], source="request")


def config_of(request: SearchRequest, settings: Settings) -> SearchConfig:
    """Return the default search config with the changes and limits of the request; raise SettingsError."""
    limits = {f"budget.{name}": value for name, value in (request.get("budget") or {}).items()}
    return changed(default_config(settings), {**(request.get("changes") or {}), **limits})


def outcome_of(result: SearchResult) -> SearchOutcome:
    """Convert a result to the outcome of a graph."""
    return SearchOutcome(search=result.search, code=result.code, solved=result.solved, summary=summary_of(result))


def summary_of(result: SearchResult) -> str:
    """Summarise a search in a sentence or two, for a reader who has not followed it."""
    usage = result.usage
    verdict = "Solved" if result.solved else "Not solved"
    held_back = result.verification
    if held_back is not None and not held_back.all_passed:
        verdict = f"Not solved: passes {held_back.passed} of {len(held_back.results)} held-back tests"
    cost = "" if usage.cost is None else f", {money(usage.cost)}"
    return (
        f"{verdict}. The best candidate {result.why}. "
        f"{result.candidates} candidates, {usage.model_calls} model calls{cost}; ended by: {result.reason}."
    )
