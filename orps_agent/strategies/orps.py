"""The paper's search: rounds, a beam by (ρ, ω), branches closed by the critic (section 3.2, algorithm 1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from orps_agent.candidate import path_key
from orps_agent.settings import SearchConfig

EndReason = Literal["rounds", "closed", "solved"]


class Expansion(BaseModel):
    """A candidate to be written: its id (the parent's with one more step), its round, its strategy hint."""

    model_config = ConfigDict(frozen=True)

    id: str
    round: int
    hint: str


class Score(BaseModel):
    """What a strategy needs to know of a finished candidate, and nothing else."""

    model_config = ConfigDict(frozen=True)

    id: str
    process: int | None
    """ρ; None ranks last."""
    omega: float
    expandable: bool
    """Neither closed by the critic nor failed."""
    solved: bool


class OrpsState(BaseModel):
    """Where the search stands; JSON in, JSON out."""

    model_config = ConfigDict(frozen=True)

    round: int = 0
    parents: tuple[str, ...] = ("",)
    """What this round expands: the beam, or the root, which is the empty id."""
    scores: tuple[Score, ...] = ()
    """Those of this round's candidates that were told, in path order."""
    given: tuple[Expansion, ...] = ()
    """Candidates that this round has instead of N for each parent: what a fork begins with."""
    ended: EndReason | None = None


class Orps:
    """Ask for the current round's candidates, tell their scores; the last one told closes the round.

    A pure value machine: both methods return new values and change nothing. Telling in another order, in other
    portions or twice gives the same state.
    """

    def __init__(self, config: SearchConfig, hints: Sequence[str]) -> None:
        self._config = config
        self._hints = hints

    def ask(self, state: OrpsState) -> list[Expansion]:
        """This round's candidates that were not told yet; none when the search has ended."""
        if state.ended:
            return []
        told = {score.id for score in state.scores}
        return [each for each in self._round(state) if each.id not in told]

    def tell(self, state: OrpsState, scores: Iterable[Score]) -> OrpsState:
        """The state with these scores in it, and the next round when they complete this one."""
        if state.ended:
            return state
        planned = {each.id for each in self._round(state)}
        merged = {score.id: score for score in (*state.scores, *scores) if score.id in planned}
        told = tuple(merged[each] for each in sorted(merged, key=path_key))
        if len(told) < len(planned):
            return state.model_copy(update={"scores": told})
        return self._close(state, told)

    def at_most(self, state: OrpsState) -> int:
        """How many candidates there can still be, from this round on, if no branch is closed early."""
        later = max(0, self._config.rounds - state.round - 1)
        return len(self._round(state)) + later * self._config.beam * self._config.samples

    def _round(self, state: OrpsState) -> list[Expansion]:
        if state.given:
            return list(state.given)
        return [
            Expansion(
                id=f"{parent}.{index}" if parent else str(index),
                round=state.round,
                hint=self._hints[index % len(self._hints)],
            )
            for parent in state.parents
            for index in range(self._config.samples)
        ]

    def _close(self, state: OrpsState, scores: tuple[Score, ...]) -> OrpsState:
        beam = select(scores, self._config.beam)
        ended: EndReason | None = None
        if self._config.stop_when_solved and any(score.solved for score in scores):
            ended = "solved"
        elif not beam:
            ended = "closed"
        elif state.round + 1 >= self._config.rounds:
            ended = "rounds"
        parents = tuple(score.id for score in beam)
        if ended:
            return OrpsState(round=state.round, parents=parents, scores=scores, ended=ended)
        return OrpsState(round=state.round + 1, parents=parents)


def select(scores: Iterable[Score], width: int) -> list[Score]:
    """The `width` best expandable candidates by (ρ, ω), both descending; a null ρ last, ties to the lower id."""
    expandable = [score for score in scores if score.expandable]
    return sorted(expandable, key=lambda each: (-(each.process or 0), -each.omega, path_key(each.id)))[:width]
