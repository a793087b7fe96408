"""A search as one value: what it was asked, where it stands and what it found, without its candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from orps_agent.budget.account import OUT_OF_BUDGET
from orps_agent.settings import SearchConfig, Selector

from .agreement import Choice, agreed
from .candidate import Outline
from .execution import ExecutionReport
from .problem import Problem
from .rewards import winner

SearchStatus = Literal["created", "queued", "running", "interrupted", "finished", "cancelled"]
"""Where a search stands.

`created`: nobody has begun it, and nobody will by himself. `queued`: a service begins it, or goes on with it, when its
turn comes. `running`: a live process works on it. `interrupted`: it was stopped, or its process has died, before its
end. `finished`: it has come to its end by itself. `cancelled`: somebody has ended it. All but those that run can be
resumed, a finished one where its budget ended it and it gets a larger one.
"""


class Search(BaseModel):
    """What is stored about a search beside its candidates."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    created_at: float
    finished_at: float | None = None
    status: SearchStatus = "created"
    reason: str | None = None
    """Why the search ended or was interrupted."""
    problem: Problem
    config: SearchConfig
    programmer: str
    critic: str
    tester: str | None = None
    """None: the programmer's model."""
    tests_by: str | None = None
    """The model that wrote the problem's tests; None: they were given, or are still to be written."""
    prompts: str | None = None
    """The digest of the prompts that the search was begun with; None for forks and what older versions stored."""
    winner: str | None = None
    verification: ExecutionReport | None = None
    """The winner on the held-back tests; None when there are none, or before the end."""
    comparison: str | None = None
    """How the winner's CPU time compares to the first sample's; None when no test is passed by both."""
    owner_pid: int | None = None
    owner_host: str | None = None
    lease_until: float | None = None
    forked_from: str | None = None
    """The search whose past this one shares, up to the candidate `forked_at`."""
    forked_at: str | None = None
    start: dict[str, Any] | None = None
    """The strategy's state that the search began with; None for an empty tree."""
    cancel_requested_at: float | None = None

    @property
    def posed(self) -> Problem:
        """The problem as it was given, without the tests that a model wrote."""
        if self.tests_by is None:
            return self.problem
        bare = self.problem.tests.model_copy(update={"tests": ()})
        return self.problem.model_copy(update={"tests": bare})

    def asks_the_same_as(self, other: Search) -> bool:
        """Whether both are one search, begun twice: the same problem, config, prompts and models."""
        return self.prompts == other.prompts and _asked(self) == _asked(other)

    @property
    def selector(self) -> Selector:
        """What chooses the winner, as it is set or by default."""
        return self.config.selector or ("order" if self.tests_by is None else "codet")

    @property
    def has_ended(self) -> bool:
        """Whether the search has come to its end, be it that it waits to go on from there with a larger budget."""
        return self.status == "finished" or (self.status == "queued" and self.finished_at is not None)

    @property
    def out_of_budget(self) -> bool:
        """Whether the search has ended because its budget was used up."""
        return self.has_ended and (self.reason or "").startswith(OUT_OF_BUDGET)


def _asked(row: Search) -> tuple[str, ...]:
    """As texts: a NaN in a test is not equal to itself."""
    models = row.programmer, row.critic, row.tester or row.programmer
    return row.posed.model_dump_json(), row.config.model_dump_json(), *models


def choose(row: Search, tree: Sequence[Outline], passed: Mapping[str, frozenset[str]]) -> Choice:
    """The winner of these candidates of a search by its selector; `passed` names the visible tests that each passes."""
    order, let = row.config.winner_keys, row.config.tampering_may_win
    if row.selector == "order":
        return Choice(winner(tree, order, tampering_may_win=let))
    return agreed(tree, passed, order, tampering_may_win=let)
