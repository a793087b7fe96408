"""Search as in the paper: rounds, a beam by (ρ, ω), branches closed by the critic (section 3.2, algorithm 1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orps_agent.domain.candidate import path_key
from orps_agent.settings import SearchConfig

from .base import EndReason, Expansion, Outlook, Score, StrategyState


class OrpsState(StrategyState):
    """Hold the position of the search."""

    round: int = 0
    parents: tuple[str, ...] = ("",)
    """Ids that this round expands: the beam, or the root, whose id is empty."""
    scores: tuple[Score, ...] = ()
    """Scores received for this round's candidates, in path order."""
    given: tuple[Expansion, ...] = ()
    """Candidates of this round that replace N for each parent: the start of a fork."""


class Orps:
    """Expand the best candidates of a round in the next; a round ends with the score of its last candidate.

    `samples` is N, the number of candidates of the first round and of every expansion; `rounds` the number of rounds;
    `beam` is K, the number of candidates of a round that are expanded in the next. With other numbers it is one of the
    paper's baselines (section 4.1): cot, best-of-n and reflexion, see `presets.py`.
    """

    def __init__(self, config: SearchConfig, hints: Sequence[str]) -> None:
        self._config = config
        self._hints = hints

    def start(self) -> OrpsState:
        """Return the state of the first round, which expands the root."""
        return OrpsState()

    def fork(self, at: Expansion, score: Score | None) -> OrpsState:
        """Return the round after the candidate's, with it as the whole beam; without a score, repeat its round."""
        if score is None:
            return OrpsState(round=at.round, given=(at,))
        left = at.round + 1 < self._config.rounds
        return OrpsState(round=at.round + 1, parents=(at.id,), ended=None if left else "rounds")

    def load(self, stored: Mapping[str, Any]) -> OrpsState:
        """Return a state from its JSON."""
        return OrpsState.model_validate(stored)

    def ask(self, state: OrpsState) -> list[Expansion]:
        """Return this round's candidates without a score; an empty list when the search has ended."""
        if state.ended:
            return []
        told = {score.id for score in state.scores}
        return [each for each in self._round(state) if each.id not in told]

    def tell(self, state: OrpsState, scores: Iterable[Score]) -> OrpsState:
        """Return the state with these scores added, moved to the next round if they complete this one."""
        if state.ended:
            return state
        planned = {each.id for each in self._round(state)}
        merged = {score.id: score for score in (*state.scores, *scores) if score.id in planned}
        told = tuple(merged[each] for each in sorted(merged, key=path_key))
        if len(told) < len(planned):
            return state.model_copy(update={"scores": told})
        return self._close(state, told)

    def at_most(self, state: OrpsState) -> int:
        """Return the number of this round's candidates, and of all later ones if no branch is closed early."""
        if state.ended:
            return 0
        here = len(self._round(state))
        return here + sum(self._sizes(here, self._config.rounds - state.round - 1))

    def pruned(self, before: OrpsState, after: OrpsState) -> list[str]:
        """Return the candidates that the beam left out, once the round is complete."""
        if after.round == before.round and not after.ended:
            return []
        return [each.id for each in self._round(before) if each.id not in after.parents]

    def outlook(self) -> Outlook:
        """Return the sizes of the rounds if no branch is closed: a candidate of round r has depth r."""
        sizes = (self._config.samples, *self._sizes(self._config.samples, self._config.rounds - 1))
        return Outlook(least=sizes[:1], likely=sizes, most=sizes)

    def _sizes(self, size: int, rounds: int) -> list[int]:
        """Return the sizes of so many rounds after one of a size: no more parents than there were candidates."""
        sizes = []
        for _ in range(rounds):
            size = min(self._config.beam, size) * self._config.samples
            sizes.append(size)
        return sizes

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
    """Return the `width` best expandable candidates by (ρ, ω), both descending, None last, ties to the lower id."""
    expandable = [score for score in scores if score.expandable]
    return sorted(expandable, key=lambda each: (-(each.process or 0), -(each.omega or 0), path_key(each.id)))[:width]
