"""Search by adaptive branching: AB-MCTS-A (Inoue et al., arXiv 2503.04412), computed by the treequest package."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from orps_agent.errors import SettingsError
from orps_agent.settings import SearchConfig

from .base import EndReason, Outlook, Score
from .stepwise import Growth, ScoredTree, StepState, Stepwise, parent_of, seed_at

if TYPE_CHECKING:
    from treequest import ABMCTSA
    from treequest.algos.ab_mcts_a.algo import ABMCTSAAlgoState

ACTION = "write"
"""The only action at a node."""


class AbMcts(Stepwise):
    """Go down from the root and decide at each node, by Thompson sampling, whether to go wider or deeper:

        draw from the posterior of GEN (a new child here) and of CONT (an existing child); if CONT wins, draw
        from the posterior of each child and go to the highest

    A posterior is that of the mean of normal values of unknown mean and variance, with the prior m = 0, κ = 1, ν =
    1, τ² = 0.1. GEN is updated with the values of the node's children, CONT with those of everything below the
    children, a child with its own value and those of everything below it; a value is the mean of (ρ-1)/4 and ω/2.
    The number of children of a node therefore adapts to what they are worth. Priors and backup are the defaults of
    the authors' package treequest (0.3), which does all this (section 3.3 of the paper, node aggregation);
    `test_ab_mcts.py` compares the walks one by one.

    `samples` is the number of such walks in a step before rewards are received, `rounds` the number of steps; each walk
    writes one candidate; `beam` has no effect. Raises SettingsError where treequest is not installed.

    Deviates from AB-MCTS: where a walk ends at a candidate that cannot be expanded, it goes back up to the first one
    that can; the walks of one step do not see each other.
    """

    def __init__(self, config: SearchConfig, hints: Sequence[str]) -> None:
        super().__init__(config, hints)
        if importlib.util.find_spec("treequest") is None:
            raise SettingsError(
                "strategy: ab-mcts needs the package treequest: pip install 'orps-agent[treequest]', or use mcts"
            )
        self._mirror: _TreequestTree | None = None

    def plan(self, tree: ScoredTree, round_: int) -> list[Growth] | EndReason:
        """Return one child for the node at the end of each walk."""
        if round_ >= self.config.rounds:
            return "rounds"
        if not tree.expandable(tree.root):
            return "closed"
        return [
            Growth(self._expandable_above(tree, each)) for each in self._walks(tree, seed_at(self.config, tree, round_))
        ]

    def later(self, state: StepState) -> int:
        """Return the number of candidates in all remaining steps."""
        return self.config.samples * (self.config.rounds - state.round - 1)

    def outlook(self) -> Outlook:
        """Return the sizes of all steps; prompt lengths assume that each step is one level deeper."""
        sizes = (self.config.samples,) * self.config.rounds
        return Outlook(least=sizes[:1], likely=sizes, most=sizes)

    def _walks(self, tree: ScoredTree, seed: int) -> list[str]:
        """Return the nodes where this step's walks end, drawn by treequest from the scores so far."""
        mirror = self._mirror if self._mirror and self._mirror.is_prefix_of(tree) else _TreequestTree(tree.root)
        # treequest's tree is a function of ours alone: keeping it saves time and changes nothing.
        self._mirror = mirror
        mirror.tell(tree)
        with _seeded(seed):
            _, trials = mirror.algorithm.ask_batch(mirror.state, self.config.samples, [ACTION])
        return [mirror.nodes[trial.node_to_expand] for trial in trials]

    def _expandable_above(self, tree: ScoredTree, node: str) -> str:
        while not tree.expandable(node):
            node = parent_of(node)
        return node


class _TreequestTree:
    """Mirror the tree as treequest's own state, which cannot be part of a strategy's JSON state."""

    def __init__(self, root: str) -> None:
        from treequest import ABMCTSA  # noqa: PLC0415 - an extra, and slow to load

        self.algorithm: ABMCTSA[str] = ABMCTSA()
        self.state: ABMCTSAAlgoState[str] = self.algorithm.init_tree()
        self.nodes: dict[int, str] = {self.state.tree.root.expand_idx: root}
        """Candidate ids by treequest's node numbers."""
        self._root = root
        self._scores: list[Score] = []
        self._known = {root: self.state.tree.root}

    def is_prefix_of(self, tree: ScoredTree) -> bool:
        """Return True when the tree continues the scores mirrored so far."""
        return tree.root == self._root and list(islice(tree.scores.values(), len(self._scores))) == self._scores

    def tell(self, tree: ScoredTree) -> None:
        """Add the new scores; treequest only accepts the result of a trial, so one is created for each score."""
        for score in islice(tree.scores.values(), len(self._scores), None):
            self._scores.append(score)
            if score.id == self._root:
                continue
            parent = self._known[parent_of(score.id)]
            self.state.thompson_states.get_or_create(parent, [ACTION])
            trial = self.state.trial_store.create_trial(parent, ACTION)
            self.algorithm.tell(self.state, trial.trial_id, (score.id, tree.value(score.id)))
            self._known[score.id] = node = parent.children[-1]
            self.nodes[node.expand_idx] = score.id


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed NumPy's global generator, which treequest and SciPy draw from, and restore its state afterwards."""
    import numpy as np  # noqa: PLC0415 - comes with treequest

    before = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)
