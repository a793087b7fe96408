"""Search by hill climbing: always refine the best candidate so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from orps_agent.strategies import EndReason, Growth, Outlook, ScoredTree, StepState, Stepwise


class Greedy(Stepwise):
    """Write `samples` children of the candidate with the highest value in every step; of equals, the earliest.

    `rounds` is the number of steps. A candidate's value is the mean of (ρ-1)/4 and ω/2, as for the built-in strategies
    that use the whole tree. The search ends earlier when every candidate is closed.
    """

    fixed: ClassVar[Mapping[str, object]] = {"beam": 1}
    """Settings that have this value in every search with this strategy."""

    def plan(self, tree: ScoredTree, round_: int) -> list[Growth] | EndReason:
        """Grow the best candidate that may have children."""
        if round_ >= self.config.rounds:
            return "rounds"
        growing = [node for node in (tree.scores or [tree.root]) if tree.expandable(node)]
        if not growing:
            return "closed"
        return [Growth(max(growing, key=tree.value))] * self.config.samples

    def later(self, state: StepState) -> int:
        """Count the candidates of all steps after this one."""
        return self.config.samples * (self.config.rounds - state.round - 1)

    def outlook(self) -> Outlook:
        """Expect every step to go one level deeper than the one before."""
        sizes = (self.config.samples,) * self.config.rounds
        return Outlook(least=sizes[:1], likely=sizes, most=sizes)
