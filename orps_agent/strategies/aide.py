"""Draft, debug, improve: AIDE (Jiang et al., arXiv 2502.13138)."""

from __future__ import annotations

import random

from orps_agent.domain.candidate import path_key

from .base import EndReason, Outlook, Score
from .stepwise import Grown, Growth, StepState, Stepwise, seed_at

DEBUG_PROBABILITY = 0.5
"""How often a step debugs where there is something to debug."""
DEBUG_DEPTH = 3
"""How many failing candidates may stand above a failing one that is still debugged."""


class Aide(Stepwise):
    """The first step drafts `samples` solutions; every further one writes one candidate:

        with probability 1/2 below a failing leaf with at most 3 failing ones in a row above it, any of them as likely
        (debug); else below the best of what works (improve); as long as nothing works, from the problem again (draft)

    The best is the one with the highest mean of (ρ-1)/4 and ω/2. `samples` is how many drafts there are at first, and
    samples * rounds how many candidates in all, so that a search costs what the others do; `beam` says nothing. This is
    `search_policy` of the authors' package aideml with its default numbers (`debug_prob`, `max_debug_depth`;
    `num_drafts` is `samples` here), which section 3 of the paper calls the search policy.

    Deviates from AIDE: failing is what does not pass every test, where AIDE looks for a crash, and without execution
    feedback nothing is known to fail; a candidate that the critic closed is neither debugged nor improved, and where
    all are closed or failed calls the search ends; the prompt tells the whole branch (see `history`) instead of a
    summary of all attempts.
    """

    def plan(self, tree: Grown, round_: int) -> list[Growth] | EndReason:
        """The drafts, or one candidate to debug or to improve."""
        if not tree.scores:
            return [Growth("")] * self.config.samples
        if round_ > self._singles:
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
        """All steps that are left, one candidate each."""
        return self._singles - state.round

    def outlook(self) -> Outlook:
        """Every candidate; at most each is an improvement of the one before."""
        drafts = (self.config.samples,)
        return Outlook(least=drafts, likely=drafts * self.config.rounds, most=drafts + (1,) * self._singles)

    @property
    def _singles(self) -> int:
        """How many steps there are after the drafts."""
        return self.config.samples * (self.config.rounds - 1)

    def _fails(self, score: Score) -> bool:
        return self.config.execution_feedback and not score.solved

    def _may_be_debugged(self, tree: Grown, node: str) -> bool:
        if tree.children[node]:
            return False
        above = tree.chain(node)[-2::-1][: DEBUG_DEPTH + 1]
        return len(above) <= DEBUG_DEPTH or any(not self._fails(tree.scores[each]) for each in above)
