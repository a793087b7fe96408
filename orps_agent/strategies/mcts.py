"""Monte Carlo tree search as in LATS (Zhou et al., arXiv 2310.04406)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

from .base import EndReason, Outlook
from .stepwise import Grown, Growth, StepState, Stepwise, parent_of

EXPLORATION = 1.0
"""w: how much a node counts for having been visited little."""


class Mcts(Stepwise):
    """Every step goes from the root down to the leaf with the highest UCT and expands it:

        UCT(s) = V(s) + w * sqrt(ln N(parent of s) / N(s)),    w = 1

    N(s) is how many candidates there are in the subtree of s, itself included, V(s) the mean of their values, which
    is the same as passing each new value up the tree. A candidate's value is the mean of (ρ-1)/4 and ω/2.

    `samples` is how many children a leaf gets, `rounds` how many steps there are; `beam` says nothing. At most
    samples * rounds candidates; the search ends before when every leaf is closed.

    Deviates from LATS: ω stands where LATS has self-consistency, both parts of the value count the same; a candidate
    is a whole solution, so that there is nothing to simulate; a branch that can grow no more is not visited again.
    """

    def plan(self, tree: Grown, round_: int) -> list[Growth] | EndReason:
        """The children of the leaf that UCT leads to."""
        if round_ >= self.config.rounds:
            return "rounds"
        leaf = self._select(tree)
        return "closed" if leaf is None else [Growth(leaf)] * self.config.samples

    def later(self, state: StepState) -> int:
        """All steps that are left, in full."""
        return self.config.samples * (self.config.rounds - state.round - 1)

    def outlook(self) -> Outlook:
        """Every step; at most it goes one deeper each time, which is what the prompts are reckoned from."""
        sizes = (self.config.samples,) * self.config.rounds
        return Outlook(least=sizes[:1], likely=sizes, most=sizes)

    def _select(self, tree: Grown) -> str | None:
        visits, values, growing = self._passed_up(tree)
        if tree.root not in growing:
            return None
        node = tree.root
        while children := [each for each in tree.children[node] if each in growing]:
            visited = math.log(visits[node])
            # Of equals the first, which is the one with the lower id.
            node = max(
                children,
                key=lambda each: values[each] / visits[each] + EXPLORATION * math.sqrt(visited / visits[each]),
            )
        return node

    def _passed_up(self, tree: Grown) -> tuple[Counter[str], dict[str, float], set[str]]:
        """Of every subtree the candidates in it and the sum of their values; the nodes below which it can grow."""
        visits: Counter[str] = Counter()
        values: defaultdict[str, float] = defaultdict(float)
        growing = {node for node, children in tree.children.items() if not children and tree.expandable(node)}
        for node in reversed(tree.scores):  # children before their parents
            visits[node] += 1
            values[node] += tree.value(node)
            if node == tree.root:
                break
            parent = parent_of(node)
            visits[parent] += visits[node]
            values[parent] += values[node]
            if node in growing:
                growing.add(parent)
        return visits, values, growing
