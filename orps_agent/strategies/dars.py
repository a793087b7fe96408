"""Search by branching again with hindsight: DARS (Aggarwal et al., arXiv 2503.14269)."""

from __future__ import annotations

from orps_agent.domain.candidate import path_key

from .base import EndReason, Outlook
from .stepwise import Growth, ScoredTree, StepState, Stepwise, depth_of

ATTEMPTS = 3
"""Number of earlier attempts from a node that a programmer is shown, the latest ones."""


class Dars(Stepwise):
    """Run a branch to its end, then branch again at a node and show the programmer how earlier attempts from it ended.

    Each earlier attempt is shown by its last candidate. The node to branch at is

        the node with the fewest children; of these the one with the highest V, of these the one with the lowest id

    V is the mean of (ρ-1)/4 and ω/2, and 0 at the root: the critic's score decides where another way is worth trying,
    and no node gets a third attempt while another one has had only one.

    `samples` is the number of branches, `rounds` the maximum length of each; `beam` has no effect. A branch ends
    earlier when its last candidate is closed or failed. Every step asks for one candidate, so there are up to
    samples * rounds steps and candidates.

    DARS contributes that a branch runs to its end first, that another attempt from a node is shown the result of the
    earlier one, and that a critic takes part in the decision (abstract, and the authors' `sweagent/agent/agents.py`:
    `get_expansion_prompt`, `get_expansion_action`, `run`).

    Deviates from DARS: a candidate is a whole solution, where DARS branches at certain kinds of actions of an agent,
    twice at most at each; DARS goes back to the node nearest to the root, where here the scores decide; DARS samples
    some actions and asks the critic for the best of them, where here one is sampled and judged after its execution;
    DARS shows the next 5 actions of the first attempt, here it is the last candidate of up to 3 attempts.
    """

    def plan(self, tree: ScoredTree, round_: int) -> list[Growth] | EndReason:
        """Return the next candidate of the current branch, or the first of another one."""
        last = next(reversed(tree.scores), tree.root)
        if depth_of(last) < self.config.rounds and tree.expandable(last):
            return [Growth(last)]
        branched = {node: children for node, children in tree.children.items() if children}
        if not branched:
            return "rounds" if tree.expandable(last) else "closed"
        if self._branches(tree) >= self.config.samples:
            return "rounds"
        node = min(branched, key=lambda each: (len(branched[each]), -tree.value(each), path_key(each) if each else ()))
        return [Growth(node, tuple(self._last_of_branch(tree, child) for child in branched[node][-ATTEMPTS:]))]

    def later(self, state: StepState) -> int:
        """Return the rest of the current branch, and all other branches counted from the root."""
        (step,) = state.step
        tree = self.tree(state.root, state.told)
        begun = self._branches(tree) + (path_key(step.id)[-1] > 0) if tree.children[tree.root] else 1
        whole = self.config.rounds - depth_of(state.root)
        return self.config.rounds - depth_of(step.id) + (self.config.samples - begun) * whole

    def outlook(self) -> Outlook:
        """Return the sizes by depth: likely, branches begin half-way on average; at most, all begin at the root."""
        samples, rounds = self.config.samples, self.config.rounds
        likely = tuple(1 + (samples - 1) * (depth + 1) // rounds for depth in range(rounds))
        return Outlook(least=(1,), likely=likely, most=(samples,) * rounds, attempts=samples - 1)

    def _branches(self, tree: ScoredTree) -> int:
        """Return the number of branches of a tree: the first, and one for each child that is not its parent's first."""
        return 1 + sum(len(children) - 1 for children in tree.children.values() if children)

    def _last_of_branch(self, tree: ScoredTree, node: str) -> str:
        """Return the last candidate of the branch that began with this one."""
        while tree.children[node]:
            node = tree.children[node][0]
        return node
