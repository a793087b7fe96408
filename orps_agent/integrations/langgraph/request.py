"""What a graph or a tool is asked, and what it answers: plain JSON, as LangGraph's checkpoints want it."""

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
    """A problem, and how to search. Either `problem` or `statement`; without `tests` a model writes them."""

    problem: dict[str, Any] | None
    """A Problem as JSON (`problem.model_dump(mode="json")`)."""
    statement: str | None
    """The task in words."""
    tests: list[str]
    """Tests such as `f(2) == 4`; every candidate runs on them."""
    held_back: list[str]
    """Tests that only the winner is measured on."""
    changes: dict[str, Any]
    """Numbers of the SearchConfig that differ from the settings', such as `{"samples": 8}`."""
    budget: dict[str, Any]
    """Limits, such as `{"calls": 100, "cost": 0.5}`; see Budget."""


class SearchOutcome(TypedDict):
    """What a search found."""

    search: str
    """Its id: `orps show ID` and `Archive` know the rest."""
    code: str | None
    """The best code, if there is any."""
    solved: bool
    """Whether the code passes all tests, the held-back ones included."""
    summary: str
    """How it went, in a sentence or two."""


def problem_of(request: SearchRequest) -> Problem:
    """The checked problem of a request; raises ProblemError."""
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
    """The settings' search with what the request changes of it; raises SettingsError."""
    limits = {f"budget.{name}": value for name, value in (request.get("budget") or {}).items()}
    return changed(default_config(settings), {**(request.get("changes") or {}), **limits})


def outcome_of(result: SearchResult) -> SearchOutcome:
    """A result in the words of a graph's state."""
    return SearchOutcome(search=result.search, code=result.code, solved=result.solved, summary=summary_of(result))


def summary_of(result: SearchResult) -> str:
    """How a search went, for a model or a person that has not seen it."""
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
