"""Adaptive branching: AB-MCTS-A (Inoue et al., arXiv 2503.04412), by the treequest package."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from orps_agent.errors import SettingsError
from orps_agent.settings import SearchConfig

from .base import EndReason, Outlook, Score
from .stepwise import Grown, Growth, StepState, Stepwise, parent_of, seed_at

if TYPE_CHECKING:
    from treequest import ABMCTSA
    from treequest.algos.ab_mcts_a.algo import ABMCTSAAlgoState

ACTION = "write"
"""The one thing that can be done at a node."""


class AbMcts(Stepwise):
    """Goes from the root down and decides at each node, by Thompson sampling, whether to go wider or deeper:

        draw from the posterior of GEN (a new child here) and of CONT (any child that is there); if CONT wins, draw
        from the posterior of each child and go to the highest

    A posterior is that of the mean of normal values of unknown mean and variance, with the prior m = 0, κ = 1, ν = 1,
    τ² = 0.1. GEN is told the values of the node's children, CONT those of everything below the children, a child its
    own value and those of everything below it; a value is the mean of (ρ-1)/4 and ω/2. Nodes therefore have as many
    children as pays. Priors and backup are the defaults of the authors' package treequest (0.3), which does all this
    (section 3.3 of the paper, node aggregation); `test_ab_mcts.py` compares walk by walk.

    `samples` is how many such walks a step makes before it is told anything, `rounds` how many steps there are, each
    walk writes one candidate; `beam` says nothing. Raises SettingsError where treequest is not installed.

    Deviates from AB-MCTS: where a walk ends at a candidate that cannot be expanded, it goes back up to the first one
    that can; walks of one step do not see each other.
    """

    def __init__(self, config: SearchConfig, hints: Sequence[str]) -> None:
        super().__init__(config, hints)
        if importlib.util.find_spec("treequest") is None:
            raise SettingsError(
                "strategy: ab-mcts needs the package treequest: pip install 'orps-agent[treequest]', or take mcts"
            )
        self._memo: _Told | None = None

    def plan(self, tree: Grown, round_: int) -> list[Growth] | EndReason:
        """A child for the node at the end of each walk."""
        if round_ >= self.config.rounds:
            return "rounds"
        if not tree.expandable(tree.root):
            return "closed"
        return [Growth(self._growing(tree, each)) for each in self._walks(tree, seed_at(self.config, tree, round_))]

    def later(self, state: StepState) -> int:
        """All steps that are left, in full."""
        return self.config.samples * (self.config.rounds - state.round - 1)

    def outlook(self) -> Outlook:
        """Every step; at most it goes one deeper each time, which is what the prompts are reckoned from."""
        sizes = (self.config.samples,) * self.config.rounds
        return Outlook(least=sizes[:1], likely=sizes, most=sizes)

    def _walks(self, tree: Grown, seed: int) -> list[str]:
        """The nodes where this step's walks end, drawn by treequest from what was told so far."""
        known = self._memo if self._memo and self._memo.begins(tree) else _Told(tree.root)
        # What was told is a function of the tree alone: to keep it saves time and changes nothing.
        self._memo = known
        known.tell(tree)
        with _seeded(seed):
            _, trials = known.algorithm.ask_batch(known.state, self.config.samples, [ACTION])
        return [known.nodes[trial.node_to_expand] for trial in trials]

    def _growing(self, tree: Grown, node: str) -> str:
        while not tree.expandable(node):
            node = parent_of(node)
        return node


class _Told:
    """What treequest was told of a tree so far, as its own state cannot be part of ours."""

    def __init__(self, root: str) -> None:
        from treequest import ABMCTSA  # noqa: PLC0415 - an extra, and slow to load

        self.algorithm: ABMCTSA[str] = ABMCTSA()
        self.state: ABMCTSAAlgoState[str] = self.algorithm.init_tree()
        self.nodes: dict[int, str] = {self.state.tree.root.expand_idx: root}
        """Our ids by its numbers of nodes."""
        self._root = root
        self._scores: list[Score] = []
        self._known = {root: self.state.tree.root}

    def begins(self, tree: Grown) -> bool:
        """Whether the tree goes on from what was told."""
        return tree.root == self._root and list(islice(tree.scores.values(), len(self._scores))) == self._scores

    def tell(self, tree: Grown) -> None:
        """Tell the scores that are new; its way is to be told of a trial that it was asked for, so each gets one."""
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
    """NumPy's global generator, which treequest and SciPy draw from, with a seed of ours, and as it was afterwards."""
    import numpy as np  # noqa: PLC0415 - comes with treequest

    before = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)
