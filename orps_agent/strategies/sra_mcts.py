"""Monte Carlo tree search over reasoning, judged by the model alone: SRA-MCTS (Xu et al., arXiv 2411.11053)."""

from __future__ import annotations

from .base import Score
from .mcts import Mcts


class SraMcts(Mcts):
    """The tree search of `mcts` without execution: a candidate is worth (ρ-1)/4, and nothing when there is no ρ.

    `samples` is how many children a leaf gets, `rounds` how many steps there are; `beam` says nothing. Execution
    feedback is off, so the critic judges thoughts and code by reading them, and the winner is the one with the
    highest ρ, unless `winner_order` says otherwise.

    Deviates from SRA-MCTS: a node is a whole turn, thoughts with the code that they lead to, where the paper grows
    one step of reasoning at a time and has the code written from the best chain at the end; there is no fine-tuning.
    """

    def value(self, score: Score) -> float:
        """The model's own judgement."""
        return ((score.process or 1) - 1) / 4
