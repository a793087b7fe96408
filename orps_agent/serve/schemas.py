"""What the service is asked and what it answers: the schema, the routes and the client are made from these."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from orps_agent.budget.account import Budget
from orps_agent.domain.problem import Problem
from orps_agent.domain.search import SearchHeader, SearchStatus
from orps_agent.settings import SearchConfig

Priority = Annotated[int, Field(ge=-1000, le=1000)]
"""The highest goes first."""
NAME = r"^[A-Za-z0-9._-]{1,64}$"


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Submission(_Asked):
    """A search to be run. Its problem comes in one of three ways: whole, as a file, or as a statement with tests."""

    problem: Problem | None = None
    file: str | None = Field(default=None, max_length=64 * 1024)
    """The text of a problem file in YAML."""
    statement: str | None = None
    """The task in words."""
    tests: tuple[str, ...] = ()
    """With a statement: tests such as `f(2) == 4`. Without any, a model writes them."""
    held_back: tuple[str, ...] = ()
    """With a statement: tests that only the winner is measured on."""
    config: SearchConfig | None = None
    """Numbers of the search; those that are left out are the service's."""
    budget: Budget | None = None
    """In place of the config's."""
    priority: Priority = 0
    client: str | None = Field(default=None, pattern=NAME)
    """Whose search it is; with a token, the token says so."""

    @model_validator(mode="after")
    def _has_one_problem(self) -> Self:
        if sum(each is not None for each in (self.problem, self.file, self.statement)) != 1:
            raise ValueError("a submission needs a problem, or a file, or a statement, and not two of them")
        if self.statement is None and (self.tests or self.held_back):
            raise ValueError("tests go with a statement: a problem and a file bring their own")
        return self


class Resumption(_Asked):
    """To go on with a search."""

    budget: Budget | None = None
    """A larger one, over all runs, for a search that its budget had ended."""
    priority: Priority = 0


class Fork(_Asked):
    """A new search that shares a branch of another one."""

    at: str = Field(max_length=200)
    """The candidate to go on from."""
    critique: str | None = None
    """In place of the critic's words on it."""
    code: str | None = None
    """In place of its code; it is run and judged anew."""
    config: SearchConfig | None = None
    """Numbers that are to be others than the first search's."""
    priority: Priority = 0


class ServedSearch(SearchHeader):
    """A search as the service lists it."""

    problem: str
    """The problem's id."""
    state: SearchStatus
    """`queued`: it runs when its turn comes."""
    client: str | None = None
    """The client that submitted it; None when it was started without the service."""
    priority: int | None = None


class SearchList(BaseModel):
    """Searches, newest first."""

    model_config = ConfigDict(frozen=True)

    searches: tuple[ServedSearch, ...]


class Fault(BaseModel):
    """What is wrong with a request, as RFC 9457 has it."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    """The class in `orps_agent.errors`."""
    status: int
    detail: str
    """What happened, to what, and what to do about it."""


class ListQuery(BaseModel):
    """Which searches are listed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    limit: int = Field(default=100, ge=1, le=1000)
    """How many at most."""
