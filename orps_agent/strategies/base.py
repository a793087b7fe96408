"""Define the interface between a search and its strategy, a pure value machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from orps_agent.domain.candidate import Candidate, Outline, Status
from orps_agent.settings import SearchConfig

EndReason = Literal["rounds", "closed", "solved"]
"""`rounds`: all rounds are done; `closed`: no candidate can be expanded; `solved`: a candidate passed every test, and
the search was to end then."""


class Expansion(BaseModel):
    """Describe a candidate to be written: its id (the parent's with one more step), its round, its strategy hint."""

    model_config = ConfigDict(frozen=True)

    id: str
    round: int
    hint: str
    shown: tuple[str, ...] = ()
    """Candidates of other branches shown to the programmer: the results of earlier attempts from the same parent."""

    @property
    def parent(self) -> str:
        """Return the parent's id; empty for the root."""
        return self.id.rpartition(".")[0]


class Score(BaseModel):
    """Hold everything that a strategy needs of a finished candidate."""

    model_config = ConfigDict(frozen=True)

    id: str
    process: int | None
    """ρ; None when there is none, or when it must not influence the search. None ranks last."""
    omega: float | None
    """ω; None when it must not influence the search."""
    expandable: bool
    """True unless the critic closed the candidate or it failed."""
    solved: bool

    @classmethod
    def of(
        cls, candidate: Candidate | Outline, config: SearchConfig, *, believed: bool = True, solved: bool | None = None
    ) -> Self:
        """Return a candidate's score, without what the settings withhold from the search; ρ only if `believed`.

        `solved` is True if it passes the trusted tests; None: all tests are trusted.
        """
        return cls(
            id=candidate.id,
            process=candidate.process if believed and not config.outcome_only else None,
            omega=(candidate.omega or 0.0) if config.execution_feedback else None,
            # A pruned candidate is scored again when a search is resumed; at its first score it was open.
            expandable=candidate.status in {Status.OPEN, Status.PRUNED},
            solved=(candidate.solved if solved is None else solved) and config.execution_feedback,
        )


class StrategyState(BaseModel):
    """Hold the position of a search; it converts to JSON and back."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ended: EndReason | None = None


class Outlook(BaseModel):
    """Forecast the number of candidates of a search by their depth in the tree, if every call succeeds."""

    model_config = ConfigDict(frozen=True)

    least: tuple[int, ...]
    """Sizes when it ends after its first round."""
    likely: tuple[int, ...]
    most: tuple[int, ...]
    """Sizes when every branch is as long and as wide as possible."""
    attempts: int = 0
    """Total number of earlier attempts that prompts show besides their branches."""


State = TypeVar("State", bound=StrategyState)


class Strategy(Protocol[State]):
    """Decide how a tree grows.

    state = strategy.start()
    while expansions := strategy.ask(state):
        state = strategy.tell(state, [run(each) for each in expansions])

    A pure value machine: every method returns a new value and has no side effects. Repeating `ask` gives the same
    answer, and repeating `tell`, with scores in another order or in portions, gives the same state. A random choice
    is a function of the config's seed and the place in the tree, so the same seed gives the same search.
    """

    def start(self) -> State:
        """Return the state of a search without candidates."""
        ...

    def fork(self, at: Expansion, score: Score | None) -> State:
        """Return the state of a search below a candidate of another one; without a score, it is requested first."""
        ...

    def load(self, stored: Mapping[str, Any]) -> State:
        """Return a state from its JSON."""
        ...

    def ask(self, state: State) -> list[Expansion]:
        """Return this round's candidates without a score, at least one; an empty list when the search has ended."""
        ...

    def tell(self, state: State, scores: Iterable[Score]) -> State:
        """Return the state with these scores added, moved to the next round if they complete this one."""
        ...

    def at_most(self, state: State) -> int:
        """Return the maximum number of candidates in this round, scored ones included, and in all later ones."""
        ...

    def pruned(self, before: State, after: State) -> list[str]:
        """Return scored candidates given up between these states: they are neither expanded nor shown any more."""
        ...

    def outlook(self) -> Outlook:
        """Return the expected sizes of a new search, before any rewards are received."""
        ...


AnyStrategy = Strategy[Any]
