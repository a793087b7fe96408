"""Adaptive branching: AB-MCTS-A (Inoue et al., arXiv 2503.04412), by the treequest package."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orps_agent.errors import SettingsError
from orps_agent.settings import SearchConfig

from .base import EndReason, Outlook
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

    The posteriors are normal with an unknown mean and variance, over the values of everything below, and a value is
    the mean of (ρ-1)/4 and ω/2. Nodes therefore have as many children as pays.

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
        from treequest import ABMCTSA  # noqa: PLC0415 - an extra, and slow to load

        algorithm: ABMCTSA[str] = ABMCTSA()
        state = algorithm.init_tree()
        nodes = self._retold(tree, algorithm, state)
        with _seeded(seed):
            _, trials = algorithm.ask_batch(state, self.config.samples, [ACTION])
        return [nodes[trial.node_to_expand] for trial in trials]

    def _retold(self, tree: Grown, algorithm: ABMCTSA[str], state: ABMCTSAAlgoState[str]) -> list[str]:
        """Tell treequest every score anew, as ours is the state that is kept; returns our ids by its numbers of nodes.

        Its own way is to be told of a trial that it was asked for, so each candidate gets one where it grew.
        """
        known = {tree.root: state.tree.root}
        for id_ in tree.scores:
            if id_ == tree.root:
                continue
            parent = known[parent_of(id_)]
            state.thompson_states.get_or_create(parent, [ACTION])
            trial = state.trial_store.create_trial(parent, ACTION)
            algorithm.tell(state, trial.trial_id, (id_, tree.value(id_)))
            known[id_] = parent.children[-1]
        # The root has number -1, with which a list begins from its end as well.
        return [*(id_ for id_ in known if id_ != tree.root), tree.root]

    def _growing(self, tree: Grown, node: str) -> str:
        while not tree.expandable(node):
            node = parent_of(node)
        return node


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
