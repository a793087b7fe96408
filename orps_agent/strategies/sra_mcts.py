"""Monte Carlo tree search over reasoning, judged by the model alone: SRA-MCTS (Xu et al., arXiv 2411.11053)."""

from __future__ import annotations

import math

from .base import Score
from .mcts import Mcts
from .stepwise import Grown, parent_of

EXPLORATION = 0.05
"""c: how much a node counts for having been visited little. The authors' is 0.5, for values from 0 to 10."""
UNVISITED = 0.8
"""What a node counts more as long as it was not expanded; the authors' is 8."""


class SraMcts(Mcts):
    """Every step goes from the root down to the leaf with the highest value and expands it, without execution:

        V(s) + c * sqrt(2 ln N(parent of s) / N(s)),    c = 0.05;    V(s) + 0.8 where N(s) = 0

    N(s) is how often a node in the subtree of s, itself included, was expanded. V(s) is (ρ-1)/4, and nothing where
    there is no ρ; once children of s were expanded, the mean of the children's V, each as often as it was visited. So
    the authors' `MCTS/mcts.py` has it (`getBestChild`, `back_propagate`), with the numbers of `MCTS/task.py` divided by
    10, as their values go from 0 to 10; the formulas in the paper itself could not be looked up.

    `samples` is how many children a leaf gets, `rounds` how many steps there are; `beam` says nothing. Execution
    feedback is off, so the critic judges thoughts and code by reading them, and the winner is the one with the
    highest ρ, unless `winner_order` says otherwise.

    Deviates from SRA-MCTS: a node is a whole turn, thoughts with the code that they lead to, where the paper grows
    one step of reasoning at a time and has the code written from the best chain at the end, so that there is nothing
    to simulate either; of equal nodes the first is taken, not any; there is no fine-tuning.
    """

    def value(self, score: Score) -> float:
        """The model's own judgement."""
        return ((score.process or 1) - 1) / 4

    def uct(self, tree: Grown) -> dict[str, float]:
        """What every node but the root counts."""
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
