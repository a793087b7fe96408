"""What strategies have in common that look at the whole tree before each step."""

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
    """A candidate of the step that is under way."""

    model_config = ConfigDict(frozen=True)

    id: str
    shown: tuple[str, ...] = ()


class StepState(StrategyState):
    """Where the search stands: what was told, and the step under way."""

    round: int
    root: str = ""
    """The candidate below which the tree grows; empty for the root of the whole."""
    told: tuple[Score, ...] = ()
    """Of all earlier steps, in the order of the steps; the root's own first, if it is a candidate."""
    step: tuple[Planned, ...] = ()
    scores: tuple[Score, ...] = ()
    """Those of this step's candidates that were told, in path order."""


class Growth(NamedTuple):
    """One more child for a parent, and what its programmer is shown beside the branch."""

    parent: str
    shown: tuple[str, ...] = ()


class Grown:
    """What was told so far, as a tree."""

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
        """What a candidate is worth, between 0 and 1; 0 for the root of the whole."""
        return self._value(self.scores[node]) if node else 0.0

    def expandable(self, node: str) -> bool:
        """Whether a node may have children, or more of them."""
        return not node or self.scores[node].expandable

    def chain(self, node: str) -> list[str]:
        """The nodes from below the root down to this one."""
        found = []
        while node != self.root:
            found.append(node)
            node = parent_of(node)
        return found[::-1]


class Stepwise(ABC):
    """Plans a step from the tree that was told, waits until all of it is told, and plans the next.

    A strategy says what a step grows, how many candidates may come after one, and its outlook. That telling twice or
    in another order changes nothing, and that asking is only looking, holds here for all of them.
    """

    def __init__(self, config: SearchConfig, hints: Sequence[str]) -> None:
        self.config = config
        self._hints = hints

    @abstractmethod
    def plan(self, tree: Grown, round_: int) -> list[Growth] | EndReason:
        """What this step grows, at least one child, or why there is nothing to grow."""

    @abstractmethod
    def later(self, state: StepState) -> int:
        """How many candidates there can be in all steps after the one under way, whatever comes of it."""

    @abstractmethod
    def outlook(self) -> Outlook:
        """What a new search comes to, before anything is known of its rewards."""

    def value(self, score: Score) -> float:
        """Both rewards as one number between 0 and 1: the mean of (ρ-1)/4 and ω/2, or the one that may decide.

        A ρ that could not be read counts as 1.
        """
        parts = [(score.omega or 0.0) / 2] if self.config.execution_feedback else []
        if self.config.process_reward and not self.config.outcome_only:
            parts.append(((score.process or 1) - 1) / 4)
        return sum(parts) / len(parts)

    def given_up(self, tree: Grown) -> list[str]:
        """The candidates that are neither expanded nor shown any more, though they might be; none by default."""
        return []

    def start(self) -> StepState:
        """The first step, which expands the root."""
        return self._next(StepState(round=0), ())

    def fork(self, at: Expansion, score: Score | None) -> StepState:
        """The step after the candidate's, which is the root now; without its score, that candidate alone."""
        again = StepState(round=at.round, root=at.id, step=(Planned(id=at.id),))
        return again if score is None else self.tell(again, [score])

    def load(self, stored: Mapping[str, Any]) -> StepState:
        """A state from its JSON."""
        return StepState.model_validate(stored)

    def ask(self, state: StepState) -> list[Expansion]:
        """This step's candidates that were not told yet; none when the search has ended."""
        told = {score.id for score in state.scores}
        return [
            Expansion(id=each.id, round=state.round, hint=self._hint(each.id), shown=each.shown)
            for each in state.step
            if each.id not in told
        ]

    def tell(self, state: StepState, scores: Iterable[Score]) -> StepState:
        """The state with these scores in it, and the next step when they complete this one."""
        planned = {each.id for each in state.step}
        merged = {score.id: score for score in (*state.scores, *scores) if score.id in planned}
        told = tuple(merged[each] for each in sorted(merged, key=path_key))
        if not planned or len(told) < len(planned):
            return state.model_copy(update={"scores": told})
        if self.config.stop_when_solved and any(score.solved for score in told):
            return StepState(round=state.round, root=state.root, told=(*state.told, *told), ended="solved")
        return self._next(state.model_copy(update={"round": state.round + 1}), told)

    def at_most(self, state: StepState) -> int:
        """This step's candidates, and all that may come after them."""
        return len(state.step) + self.later(state) if state.step else 0

    def pruned(self, before: StepState, after: StepState) -> list[str]:
        """What the tell between these states gave up."""
        earlier = self.given_up(self.tree(before.root, before.told))
        return [each for each in self.given_up(self.tree(after.root, after.told)) if each not in earlier]

    def tree(self, root: str, told: Sequence[Score]) -> Grown:
        """These scores as a tree."""
        return Grown(root, told, self.value)

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
    """The id of a candidate's parent; empty for the root."""
    return id_.rpartition(".")[0]


def depth_of(id_: str) -> int:
    """How many candidates there are from the root down to this one."""
    return id_.count(".") + 1 if id_ else 0


def seed_at(config: SearchConfig, tree: Grown, round_: int) -> int:
    """The seed of a step's random choices: a function of the search's seed and the place in the tree alone."""
    place = f"{config.seed}/{tree.root}/{round_}"
    return int.from_bytes(hashlib.sha256(place.encode()).digest()[:4], "big")
