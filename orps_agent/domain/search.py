"""Model a search as one value without its candidates: task, state and outcome, as every interface shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from orps_agent.budget.account import OUT_OF_BUDGET
from orps_agent.settings import SearchConfig, Selector

from .agreement import Choice, agreed
from .candidate import Outline
from .execution import ExecutionReport
from .problem import Problem
from .rewards import winner

SearchStatus = Literal["created", "queued", "running", "interrupted", "finished", "cancelled"]
"""The state of a search; each word means one thing, wherever it is shown.

- `created`: stored and not run yet, such as a fork that has not been resumed.
- `queued`: the service will run it when its turn comes, for the first time or again.
- `running`: a live process works on it.
- `interrupted`: its run stopped before the end, by a signal, an error or a kill; a resume continues it.
- `finished`: it has reached its end, or used up its budget.
- `cancelled`: a user ended it early; a resume continues it all the same.
"""
ACTIVE: Final[tuple[SearchStatus, ...]] = ("queued", "running")
"""The states that change without a user's action: all others last until the search is resumed."""


class SearchHeader(BaseModel):
    """Hold the fields of a search that every list of searches shows; times are Unix seconds."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    created_at: float
    finished_at: float | None = None
    reason: str | None = None
    """Reason why the search ended or was interrupted."""
    programmer: str
    """The programmer's model, as the user named it."""
    critic: str
    winner: str | None = None
    """The winner's id."""
    forked_from: str | None = None
    """The search whose history this one shares, up to the candidate `forked_at`."""
    forked_at: str | None = None


class Search(SearchHeader):
    """Hold a search as one value: its task, its models, its state and its outcome, without its candidates.

    Its JSON contains what every reader may see: the fields about its owner and internal state are left out.
    """

    status: SearchStatus = "created"
    problem: Problem
    config: SearchConfig
    tester: str | None = None
    """None: the programmer's model."""
    tests_by: str | None = None
    """The model that wrote the problem's tests; None: they were given, or are still to be written."""
    prompts: str | None = None
    """The digest of the prompts that the search was begun with; None for forks and what older versions stored."""
    verification: ExecutionReport | None = None
    """The winner on the held-back tests; None when there are none, or before the end."""
    comparison: str | None = None
    """The winner's CPU time against the first sample's, in words; None when no test is passed by both."""
    owner_pid: int | None = Field(default=None, exclude=True)
    owner_host: str | None = Field(default=None, exclude=True)
    lease_until: float | None = Field(default=None, exclude=True)
    start: dict[str, Any] | None = Field(default=None, exclude=True)
    """The strategy's state that the search began with; None for an empty tree."""
    cancel_requested_at: float | None = Field(default=None, exclude=True)

    @property
    def header(self) -> dict[str, Any]:
        """Return the fields of SearchHeader, and the problem's id in place of the problem."""
        return self.model_dump(include={*SearchHeader.model_fields}) | {"problem": self.problem.id}

    @property
    def posed(self) -> Problem:
        """Return the problem as it was given, without the tests that a model wrote."""
        if self.tests_by is None:
            return self.problem
        bare = self.problem.tests.model_copy(update={"tests": ()})
        return self.problem.model_copy(update={"tests": bare})

    def asks_the_same_as(self, other: Search) -> bool:
        """Return True when both are the same search, started twice: equal problem, config, prompts and models."""
        return self.prompts == other.prompts and _asked(self) == _asked(other)

    @property
    def selector(self) -> Selector:
        """Return the rule that chooses the winner: the configured one, or the default."""
        return self.config.selector or ("order" if self.tests_by is None else "codet")

    @property
    def has_ended(self) -> bool:
        """Return True when the search has reached its end, even if it is queued to continue with a larger budget."""
        return self.status == "finished" or (self.status == "queued" and self.finished_at is not None)

    @property
    def out_of_budget(self) -> bool:
        """Return True when the search has ended because its budget was used up."""
        return self.has_ended and (self.reason or "").startswith(OUT_OF_BUDGET)


def _asked(search: Search) -> tuple[str, ...]:
    """Return the problem, config and models of a search as texts, as a NaN in a test is not equal to itself."""
    models = search.programmer, search.critic, search.tester or search.programmer
    return search.posed.model_dump_json(), search.config.model_dump_json(), *models


def choose(search: Search, tree: Sequence[Outline], passed: Mapping[str, frozenset[str]]) -> Choice:
    """Choose the winner of these candidates by the search's selector; `passed` names the visible tests of each."""
    order, let = search.config.winner_keys, search.config.tampering_may_win
    if search.selector == "order":
        return Choice(winner(tree, order, tampering_may_win=let))
    return agreed(tree, passed, order, tampering_may_win=let)
