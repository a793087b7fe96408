"""Search by drafting, debugging and improving: AIDE (Jiang et al., arXiv 2502.13138)."""

from __future__ import annotations

import random

from orps_agent.domain.candidate import path_key

from .base import EndReason, Outlook, Score
from .stepwise import Growth, ScoredTree, StepState, Stepwise, seed_at

DEBUG_PROBABILITY = 0.5
"""Probability that a step debugs when there is something to debug."""
DEBUG_DEPTH = 3
"""Number of consecutive failing ancestors up to which a failing candidate is still debugged."""


class Aide(Stepwise):
    """Draft `samples` solutions in the first step, and write one candidate in every further step:

        with probability 1/2 below a failing leaf with at most 3 failing ones in a row above it, any of them as likely
        (debug); else below the best of the working ones (improve); while none works, from the problem again (draft)

    The best is the one with the highest mean of (ρ-1)/4 and ω/2. `samples` is the number of first drafts, and
    samples * rounds the number of all candidates, so that a search costs as much as with other strategies; `beam` has
    no effect. This is `search_policy` of the authors' package aideml with its default numbers (`debug_prob`,
    `max_debug_depth`; `num_drafts` is `samples` here), which section 3 of the paper calls the search policy.

    Deviates from AIDE: failing means not passing every test, where AIDE looks for a crash, and without execution
    feedback no candidate counts as failing; a candidate that the critic closed is neither debugged nor improved, and
    when all are closed or their calls failed the search ends; the prompt contains the whole branch (see `history`)
    instead of a summary of all attempts.
    """

    def plan(self, tree: ScoredTree, round_: int) -> list[Growth] | EndReason:
        """Return the drafts, or one candidate to debug or to improve."""
        if not tree.scores:
            return [Growth("")] * self.config.samples
        if round_ > self._steps_after_drafts:
            return "rounds"
        growing = [score for score in tree.scores.values() if score.expandable]
        if not growing:
            return "closed"
        chance = random.Random(seed_at(self.config, tree, round_))  # noqa: S311 - the same seed, the same search
        failing = [score.id for score in growing if self._fails(score) and self._may_be_debugged(tree, score.id)]
        if chance.random() < DEBUG_PROBABILITY and failing:
            return [Growth(chance.choice(failing))]
        working = [score for score in growing if not self._fails(score)]
        best = min(working, key=lambda score: (-self.value(score), path_key(score.id)), default=None)
        return [Growth(best.id if best else tree.root)]

    def later(self, state: StepState) -> int:
        """Return the number of candidates in all remaining steps, one each."""
        return self._steps_after_drafts - state.round

    def outlook(self) -> Outlook:
        """Return the sizes of all steps; at most each candidate is an improvement of the previous one."""
        drafts = (self.config.samples,)
        return Outlook(least=drafts, likely=drafts * self.config.rounds, most=drafts + (1,) * self._steps_after_drafts)

    @property
    def _steps_after_drafts(self) -> int:
        """Return the number of steps after the drafts."""
        return self.config.samples * (self.config.rounds - 1)

    def _fails(self, score: Score) -> bool:
        return self.config.execution_feedback and not score.solved

    def _may_be_debugged(self, tree: ScoredTree, node: str) -> bool:
        if tree.children[node]:
            return False
        above = tree.chain(node)[-2::-1][: DEBUG_DEPTH + 1]
        return len(above) <= DEBUG_DEPTH or any(not self._fails(tree.scores[each]) for each in above)
