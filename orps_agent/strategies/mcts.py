"""Search by Monte Carlo tree search as in LATS (Zhou et al., arXiv 2310.04406)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

from .base import EndReason, Outlook
from .stepwise import Growth, ScoredTree, StepState, Stepwise, parent_of

EXPLORATION = 1.0
"""w: weight of the term that favours nodes with few visits."""


class Mcts(Stepwise):
    """Go down from the root in every step to the leaf with the highest UCT, and expand it:

        UCT(s) = V(s) + w * sqrt(ln N(parent of s) / N(s)),    w = 1

    N(s) is the number of candidates in the subtree of s, itself included, V(s) the mean of their values, which is
    the same as passing each new value up the tree, V(s) <- (V(s) (N(s) - 1) + r) / N(s): section 4 of the paper,
    selection and backpropagation, with w and the passing up as in the authors' `programming/mcts.py`. A candidate's
    value is the mean of (ρ-1)/4 and ω/2.

    `samples` is the number of children of an expanded leaf, `rounds` the number of steps; `beam` has no effect.
    There are at most samples * rounds candidates; the search ends earlier when every leaf is closed.

    Deviates from LATS: its V is λ times the model's own score and 1 - λ times self-consistency, in the authors' code
    for programs the share of tests passed alone; here ω replaces self-consistency, and both parts have the same weight,
    as the paper's λ for programs could not be looked up. A candidate is a whole solution, so that there is nothing to
    simulate; a branch that cannot grow is not visited again; the root is the problem, where the authors' is a first
    solution.
    """

    def plan(self, tree: ScoredTree, round_: int) -> list[Growth] | EndReason:
        """Return the children of the leaf that UCT selects."""
        if round_ >= self.config.rounds:
            return "rounds"
        leaf = self._select(tree)
        return "closed" if leaf is None else [Growth(leaf)] * self.config.samples

    def later(self, state: StepState) -> int:
        """Return the number of candidates in all remaining steps."""
        return self.config.samples * (self.config.rounds - state.round - 1)

    def outlook(self) -> Outlook:
        """Return the sizes of all steps; prompt lengths assume that each step is one level deeper."""
        sizes = (self.config.samples,) * self.config.rounds
        return Outlook(least=sizes[:1], likely=sizes, most=sizes)

    def uct(self, tree: ScoredTree) -> dict[str, float]:
        """Return the UCT of every node except the root."""
        visits: Counter[str] = Counter()
        values: defaultdict[str, float] = defaultdict(float)
        for node in reversed(tree.scores):  # children before their parents
            visits[node] += 1
            values[node] += tree.value(node)
            if node != tree.root:
                visits[parent_of(node)] += visits[node]
                values[parent_of(node)] += values[node]
        return {
            node: values[node] / visits[node]
            + EXPLORATION * math.sqrt(math.log(visits[parent_of(node)]) / visits[node])
            for node in tree.scores
            if node != tree.root
        }

    def _select(self, tree: ScoredTree) -> str | None:
        growing = _growing(tree)
        if tree.root not in growing:
            return None
        uct, node = self.uct(tree), tree.root
        while children := [each for each in tree.children[node] if each in growing]:
            node = max(children, key=uct.__getitem__)  # of equals the first, which is the one with the lower id
        return node


def _growing(tree: ScoredTree) -> set[str]:
    """Return the nodes at or below which the tree can grow."""
    growing = {node for node, children in tree.children.items() if not children and tree.expandable(node)}
    for node in reversed(tree.scores):
        if node in growing and node != tree.root:
            growing.add(parent_of(node))
    return growing
