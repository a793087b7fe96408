"""The seam between a search and its strategy: a value machine that is asked for candidates and told their rewards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from orps_agent.domain.candidate import Candidate, Outline, Status
from orps_agent.settings import SearchConfig

EndReason = Literal["rounds", "closed", "solved"]
"""All rounds are done; there is nothing left to expand; a candidate passed every test, and that was to end it."""


class Expansion(BaseModel):
    """A candidate to be written: its id (the parent's with one more step), its round, its strategy hint."""

    model_config = ConfigDict(frozen=True)

    id: str
    round: int
    hint: str
    shown: tuple[str, ...] = ()
    """Candidates off its branch that the programmer is shown: where earlier attempts from its parent led to."""

    @property
    def parent(self) -> str:
        """The parent's id; empty for the root."""
        return self.id.rpartition(".")[0]


class Score(BaseModel):
    """What a strategy needs to know of a finished candidate, and nothing else."""

    model_config = ConfigDict(frozen=True)

    id: str
    process: int | None
    """ρ; None when there is none, or when it shall decide nothing. It ranks last."""
    omega: float | None
    """ω; None when it shall decide nothing."""
    expandable: bool
    """Neither closed by the critic nor failed."""
    solved: bool

    @classmethod
    def of(
        cls, candidate: Candidate | Outline, config: SearchConfig, *, believed: bool = True, solved: bool | None = None
    ) -> Self:
        """A candidate's score, without what the settings keep from the search; ρ only where it is `believed`.

        `solved` says whether it passes the tests that are to be trusted; None: all of them are.
        """
        return cls(
            id=candidate.id,
            process=candidate.process if believed and not config.outcome_only else None,
            omega=(candidate.omega or 0.0) if config.execution_feedback else None,
            # One that was pruned is walked again after an interruption: when it was told it was open.
            expandable=candidate.status in {Status.OPEN, Status.PRUNED},
            solved=(candidate.solved if solved is None else solved) and config.execution_feedback,
        )


class StrategyState(BaseModel):
    """Where a search stands; JSON in, JSON out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ended: EndReason | None = None


class Outlook(BaseModel):
    """How many candidates a search comes to, by their depth in the tree, if every call succeeds."""

    model_config = ConfigDict(frozen=True)

    least: tuple[int, ...]
    """When it ends after its first round."""
    likely: tuple[int, ...]
    most: tuple[int, ...]
    """When every branch is as long and as wide as it may be."""
    attempts: int = 0
    """How many earlier attempts prompts show beside their branches, all together."""


State = TypeVar("State", bound=StrategyState)


class Strategy(Protocol[State]):
    """How a tree grows.

    state = strategy.start()
    while expansions := strategy.ask(state):
        state = strategy.tell(state, [run(each) for each in expansions])

    A pure value machine: every method returns a new value and changes nothing. Asking again gives the same answer,
    and telling twice, in another order or in portions gives the same state. A random choice is a function of the
    config's seed and the place in the tree, so the same seed gives the same search.
    """

    def start(self) -> State:
        """A search without candidates."""
        ...

    def fork(self, at: Expansion, score: Score | None) -> State:
        """A search below one candidate of another search; without its score, it is asked for again first."""
        ...

    def load(self, stored: Mapping[str, Any]) -> State:
        """A state from its JSON."""
        ...

    def ask(self, state: State) -> list[Expansion]:
        """The candidates of this round that were not told yet, at least one; none when the search has ended."""
        ...

    def tell(self, state: State, scores: Iterable[Score]) -> State:
        """The state with these scores in it, and the next round when they complete this one."""
        ...

    def at_most(self, state: State) -> int:
        """How many candidates there can be in this round, those told included, and in all later ones."""
        ...

    def pruned(self, before: State, after: State) -> list[str]:
        """Told candidates that the tell between these states gave up: none of them is expanded or shown any more."""
        ...

    def outlook(self) -> Outlook:
        """What a new search comes to, before anything is known of its rewards."""
        ...


AnyStrategy = Strategy[Any]
