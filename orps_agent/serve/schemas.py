"""Define the bodies of requests and answers, used by the OpenAPI schema, the routes and the client."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from orps_agent.budget.account import Budget
from orps_agent.domain.problem import Problem
from orps_agent.domain.search import SearchHeader, SearchStatus
from orps_agent.settings import SearchConfig

Priority = Annotated[int, Field(ge=-1000, le=1000)]
"""Priority in the queue; the highest runs first."""
NAME = r"^[A-Za-z0-9._-]{1,64}$"


class _RequestBody(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Submission(_RequestBody):
    """Submit a search. Its problem is given in one of three ways: in full, as a file, or as a statement with tests."""

    problem: Problem | None = None
    file: str | None = Field(default=None, max_length=64 * 1024)
    """Text of a problem file in YAML."""
    statement: str | None = None
    """The task in words."""
    tests: tuple[str, ...] = ()
    """For a statement: tests such as `f(2) == 4`. Without any, a model writes them."""
    held_back: tuple[str, ...] = ()
    """For a statement: tests that are run on the winner only."""
    config: SearchConfig | None = None
    """Settings of the search; fields that are left out keep the service's values."""
    budget: Budget | None = None
    """Limits that replace the config's."""
    priority: Priority = 0
    client: str | None = Field(default=None, pattern=NAME)
    """Client that owns the search; with a token, it is the token's and may be omitted."""

    @model_validator(mode="after")
    def _has_one_problem(self) -> Self:
        if sum(each is not None for each in (self.problem, self.file, self.statement)) != 1:
            raise ValueError("a submission needs a problem, or a file, or a statement, and not two of them")
        if self.statement is None and (self.tests or self.held_back):
            raise ValueError("tests require a statement: a problem and a file contain their own")
        return self


class Resumption(_RequestBody):
    """Continue a search."""

    budget: Budget | None = None
    """Larger limits over all runs, for a search that its budget ended."""
    priority: Priority = 0


class Fork(_RequestBody):
    """Start a search that shares a branch of another one."""

    at: str = Field(max_length=200)
    """Id of the candidate to continue from."""
    critique: str | None = None
    """Critique that replaces the critic's."""
    code: str | None = None
    """Code that replaces the candidate's; it is run and judged again."""
    config: SearchConfig | None = None
    """Settings that differ from the first search's."""
    priority: Priority = 0


class ServedSearch(SearchHeader):
    """Describe a search and its state in the service."""

    problem: str
    """Id of the problem."""
    state: SearchStatus
    """State of the search; a `queued` one runs when its turn comes."""
    client: str | None = None
    """Client that submitted the search; None when it was started without the service."""
    priority: int | None = None


class SearchList(BaseModel):
    """List searches, newest first."""

    model_config = ConfigDict(frozen=True)

    searches: tuple[ServedSearch, ...]


class Fault(BaseModel):
    """Describe what is wrong with a request, as a problem document of RFC 9457."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    """Name of the class in `orps_agent.errors`."""
    status: int
    detail: str
    """Description of what happened, to what, and what to do about it."""


class ListQuery(BaseModel):
    """Select the searches to list."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    limit: int = Field(default=100, ge=1, le=1000)
    """Maximum number of searches."""
