"""Search over reasoning by MCTS, judged by the model alone: SRA-MCTS (Xu et al., arXiv 2411.11053)."""

from __future__ import annotations

import math

from .base import Score
from .mcts import Mcts
from .stepwise import ScoredTree, parent_of

EXPLORATION = 0.05
"""c: weight of the term that favours nodes with few visits. The authors' is 0.5, for values from 0 to 10."""
UNVISITED = 0.8
"""Bonus of a node that was not expanded yet; the authors' is 8."""


class SraMcts(Mcts):
    """Go down from the root in every step to the leaf with the highest value, and expand it, without execution:

        V(s) + c * sqrt(2 ln N(parent of s) / N(s)),    c = 0.05;    V(s) + 0.8 where N(s) = 0

    N(s) is the number of times that a node in the subtree of s, itself included, was expanded. V(s) is (ρ-1)/4, and 0
    where there is no ρ; once children of s were expanded, it is the mean of the children's V, each weighted by its
    visits. This is the authors' `MCTS/mcts.py` (`getBestChild`, `back_propagate`), with the numbers of `MCTS/task.py`
    divided by 10, as their values go from 0 to 10; the formulas in the paper itself could not be looked up.

    `samples` is the number of children of an expanded leaf, `rounds` the number of steps; `beam` has no effect.
    Execution feedback is off, so the critic judges thoughts and code by reading them, and the winner is the
    candidate with the highest ρ, unless `winner_order` states otherwise.

    Deviates from SRA-MCTS: a node is a whole turn, thoughts with the code that they lead to, where the paper grows
    one step of reasoning at a time and has the code written from the best chain at the end, so that there is nothing
    to simulate either; of equal nodes the first is chosen, not a random one; there is no fine-tuning.
    """

    def value(self, score: Score) -> float:
        """Return the model's own score, scaled to 0 to 1."""
        return ((score.process or 1) - 1) / 4

    def uct(self, tree: ScoredTree) -> dict[str, float]:
        """Return the selection value of every node except the root."""
        visits: dict[str, int] = {}
        values: dict[str, float] = {}
        for node in (*reversed([each for each in tree.scores if each != tree.root]), tree.root):
            below = tree.children[node]  # children come before their parents
            passed = sum(visits[each] for each in below)
            visits[node] = passed + bool(below)
            values[node] = sum(values[each] * visits[each] for each in below) / passed if passed else tree.value(node)
        return {
            node: values[node]
            + (
                EXPLORATION * math.sqrt(2 * math.log(visits[parent_of(node)]) / visits[node])
                if visits[node]
                else UNVISITED
            )
            for node in tree.scores
            if node != tree.root
        }
