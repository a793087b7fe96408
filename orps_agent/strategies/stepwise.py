"""Share the state and the steps of the strategies that plan each step from the whole tree."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from orps_agent.domain.candidate import path_key
from orps_agent.settings import SearchConfig

from .base import EndReason, Expansion, Outlook, Score, StrategyState


class Planned(BaseModel):
    """Describe a candidate of the current step."""

    model_config = ConfigDict(frozen=True)

    id: str
    shown: tuple[str, ...] = ()


class StepState(StrategyState):
    """Hold the position of the search: the scores received, and the current step."""

    round: int
    root: str = ""
    """Candidate below which the tree grows; empty for the root of the search."""
    told: tuple[Score, ...] = ()
    """Scores of all earlier steps, in the order of the steps; first the root's own, if it is a candidate."""
    step: tuple[Planned, ...] = ()
    scores: tuple[Score, ...] = ()
    """Scores received for this step's candidates, in path order."""


class Growth(NamedTuple):
    """Describe one more child of a parent, and the candidates shown to its programmer besides the branch."""

    parent: str
    shown: tuple[str, ...] = ()


class ScoredTree:
    """Present the scores received so far as a tree."""

    def __init__(self, root: str, told: Sequence[Score], value: Callable[[Score], float]) -> None:
        self.root = root
        self._value = value
        self.scores = {score.id: score for score in told}
        self.children: dict[str, list[str]] = {root: []}
        for score in told:
            self.children.setdefault(score.id, [])
            if score.id != root:
                self.children.setdefault(parent_of(score.id), []).append(score.id)

    def value(self, node: str) -> float:
        """Return the value of a candidate, between 0 and 1; 0 for the root of the search."""
        return self._value(self.scores[node]) if node else 0.0

    def expandable(self, node: str) -> bool:
        """Return True when a node may get children, or more of them."""
        return not node or self.scores[node].expandable

    def chain(self, node: str) -> list[str]:
        """Return the nodes from below the root down to this one."""
        found = []
        while node != self.root:
            found.append(node)
            node = parent_of(node)
        return found[::-1]


class Stepwise(ABC):
    """Plan a step from the scored tree, wait until all of its scores are received, and plan the next.

    A subclass defines what a step grows, how many candidates may follow it, and its outlook. This class ensures for all
    of them that repeated scores, or scores in another order, change nothing, and that `ask` has no side effects.
    """

    def __init__(self, config: SearchConfig, hints: Sequence[str]) -> None:
        self.config = config
        self._hints = hints

    @abstractmethod
    def plan(self, tree: ScoredTree, round_: int) -> list[Growth] | EndReason:
        """Return the children to write in this step, at least one, or the reason why the search ends."""

    @abstractmethod
    def later(self, state: StepState) -> int:
        """Return the maximum number of candidates in all steps after the current one, whatever its scores."""

    @abstractmethod
    def outlook(self) -> Outlook:
        """Return the expected sizes of a new search, before any rewards are received."""

    def value(self, score: Score) -> float:
        """Return both rewards as one number between 0 and 1: the mean of (ρ-1)/4 and ω/2, or the only one in use.

        A ρ that could not be parsed counts as 1.
        """
        parts = [(score.omega or 0.0) / 2] if self.config.execution_feedback else []
        if self.config.process_reward and not self.config.outcome_only:
            parts.append(((score.process or 1) - 1) / 4)
        return sum(parts) / len(parts)

    def abandoned(self, tree: ScoredTree) -> list[str]:
        """Return expandable candidates that will be neither expanded nor shown any more; none by default."""
        return []

    def start(self) -> StepState:
        """Return the state of the first step, which expands the root."""
        return self._next(StepState(round=0), ())

    def fork(self, at: Expansion, score: Score | None) -> StepState:
        """Return the step after the candidate's, with it as the root; without a score, a step of it alone."""
        again = StepState(round=at.round, root=at.id, step=(Planned(id=at.id),))
        return again if score is None else self.tell(again, [score])

    def load(self, stored: Mapping[str, Any]) -> StepState:
        """Return a state from its JSON."""
        return StepState.model_validate(stored)

    def ask(self, state: StepState) -> list[Expansion]:
        """Return this step's candidates without a score; an empty list when the search has ended."""
        told = {score.id for score in state.scores}
        return [
            Expansion(id=each.id, round=state.round, hint=self._hint(each.id), shown=each.shown)
            for each in state.step
            if each.id not in told
        ]

    def tell(self, state: StepState, scores: Iterable[Score]) -> StepState:
        """Return the state with these scores added, moved to the next step if they complete this one."""
        planned = {each.id for each in state.step}
        merged = {score.id: score for score in (*state.scores, *scores) if score.id in planned}
        told = tuple(merged[each] for each in sorted(merged, key=path_key))
        if not planned or len(told) < len(planned):
            return state.model_copy(update={"scores": told})
        if self.config.stop_when_solved and any(score.solved for score in told):
            return StepState(round=state.round, root=state.root, told=(*state.told, *told), ended="solved")
        return self._next(state.model_copy(update={"round": state.round + 1}), told)

    def at_most(self, state: StepState) -> int:
        """Return the number of this step's candidates, and the maximum number of later ones."""
        return len(state.step) + self.later(state) if state.step else 0

    def pruned(self, before: StepState, after: StepState) -> list[str]:
        """Return the candidates that were abandoned between these states."""
        earlier = self.abandoned(self.tree(before.root, before.told))
        return [each for each in self.abandoned(self.tree(after.root, after.told)) if each not in earlier]

    def tree(self, root: str, told: Sequence[Score]) -> ScoredTree:
        """Return these scores as a tree."""
        return ScoredTree(root, told, self.value)

    def _next(self, state: StepState, told: Sequence[Score]) -> StepState:
        known = (*state.told, *told)
        tree = self.tree(state.root, known)
        plan = self.plan(tree, state.round)
        if isinstance(plan, str):
            return StepState(round=state.round - 1, root=state.root, told=known, ended=plan)
        places = Counter({node: len(children) for node, children in tree.children.items()})
        step = []
        for parent, shown in plan:
            step.append(Planned(id=f"{parent}.{places[parent]}" if parent else str(places[parent]), shown=shown))
            places[parent] += 1
        return StepState(round=state.round, root=state.root, told=known, step=tuple(step))

    def _hint(self, id_: str) -> str:
        return self._hints[path_key(id_)[-1] % len(self._hints)]


def parent_of(id_: str) -> str:
    """Return the id of a candidate's parent; empty for the root."""
    return id_.rpartition(".")[0]


def depth_of(id_: str) -> int:
    """Return the number of candidates from the root down to this one, itself included."""
    return id_.count(".") + 1 if id_ else 0


def seed_at(config: SearchConfig, tree: ScoredTree, round_: int) -> int:
    """Return the seed of a step's random choices: a function of the search's seed and the place in the tree alone."""
    place = f"{config.seed}/{tree.root}/{round_}"
    return int.from_bytes(hashlib.sha256(place.encode()).digest()[:4], "big")
