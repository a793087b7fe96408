"""Branching again with hindsight: DARS (Aggarwal et al., arXiv 2503.14269)."""

from __future__ import annotations

from orps_agent.domain.candidate import path_key

from .base import EndReason, Outlook
from .stepwise import Grown, Growth, StepState, Stepwise, depth_of

ATTEMPTS = 3
"""How many earlier attempts from a node a programmer is shown, the latest ones."""


class Dars(Stepwise):
    """Runs a branch to its end, then branches again at a node of the tree, whose programmer is shown where the attempts
    from that node led to: the last candidate of each.

        the node with the fewest children; of these the one with the highest V, of these the one with the lowest id

    V is the mean of (ρ-1)/4 and ω/2, and 0 at the root: the critic says from where another way is worth trying, and
    no node gets a third attempt while another one has had only one.

    `samples` is how many branches there are, `rounds` how long each may become; `beam` says nothing. A branch ends
    before when its last candidate is closed or failed. Every step asks for one candidate, so there are up to samples *
    rounds steps and candidates.

    That a branch runs to its end first, that another attempt from a node is told what came of the earlier one, and
    that a critic has a say is DARS (abstract, and the authors' `sweagent/agent/agents.py`: `get_expansion_prompt`,
    `get_expansion_action`, `run`).

    Deviates from DARS: a candidate is a whole solution, where DARS branches at certain kinds of actions of an agent,
    twice at most at each; DARS goes back to the node nearest to the root, where here the scores decide; DARS samples
    some actions and asks the critic for the best of them, where here one is sampled and judged once it was executed;
    DARS shows the next 5 actions of the first attempt, here it is the last candidate of up to 3 attempts.
    """

    def plan(self, tree: Grown, round_: int) -> list[Growth] | EndReason:
        """The next candidate of the branch under way, or the first of another one."""
        last = next(reversed(tree.scores), tree.root)
        if depth_of(last) < self.config.rounds and tree.expandable(last):
            return [Growth(last)]
        branched = {node: children for node, children in tree.children.items() if children}
        if not branched:
            return "rounds" if tree.expandable(last) else "closed"
        if self._branches(tree) >= self.config.samples:
            return "rounds"
        node = min(branched, key=lambda each: (len(branched[each]), -tree.value(each), path_key(each) if each else ()))
        return [Growth(node, tuple(self._end(tree, child) for child in branched[node][-ATTEMPTS:]))]

    def later(self, state: StepState) -> int:
        """The rest of the branch under way, and all others from the root."""
        (step,) = state.step
        tree = self.tree(state.root, state.told)
        begun = self._branches(tree) + (path_key(step.id)[-1] > 0) if tree.children[tree.root] else 1
        whole = self.config.rounds - depth_of(state.root)
        return self.config.rounds - depth_of(step.id) + (self.config.samples - begun) * whole

    def outlook(self) -> Outlook:
        """Likely the branches begin half-way on average; at most all of them at the root."""
        samples, rounds = self.config.samples, self.config.rounds
        likely = tuple(1 + (samples - 1) * (depth + 1) // rounds for depth in range(rounds))
        return Outlook(least=(1,), likely=likely, most=(samples,) * rounds, attempts=samples - 1)

    def _branches(self, tree: Grown) -> int:
        """How many branches there are in a tree: the first, and one for each child that is not its parent's first."""
        return 1 + sum(len(children) - 1 for children in tree.children.values() if children)

    def _end(self, tree: Grown, node: str) -> str:
        """Where the branch led to that began with this candidate."""
        while tree.children[node]:
            node = tree.children[node][0]
        return node
