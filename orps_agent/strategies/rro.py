"""Search by rising rewards: RRO (Wang et al., arXiv 2505.20737)."""

from __future__ import annotations

from orps_agent.domain.candidate import path_key

from .base import EndReason, Outlook
from .stepwise import Growth, ScoredTree, StepState, Stepwise, depth_of


class Rro(Stepwise):
    """Grow one branch, giving each node children until the reward rises:

        ask for children of s one at a time until V(child) > V(s), or there are `samples` of them

    The branch continues from the child that rose, or from the best child if none did. V is the mean of (ρ-1)/4 and ω/2,
    and 0 at the root: the first candidate with any reward is a rise.

    `samples` is the maximum number of children of a node, `rounds` the maximum length of the branch; `beam` has no
    effect. Every step asks for one candidate, so there are up to samples * rounds steps and candidates. The search ends
    earlier when the critic closes the branch.

    The paper's abstract states that candidates for the next step are sampled until one has a higher reward than the
    step before; its formulas could not be looked up, and there is no public code. Our own choices are the strict
    comparison with a first reward of 0, that the branch continues from the child that rose, the limit on children,
    and what happens when it is reached.

    Deviates from RRO, which collects trajectories as training data, pairs of better and worse steps: this is its
    exploration alone, with the critic and the tests in place of rewards estimated by rollouts.
    """

    def plan(self, tree: ScoredTree, round_: int) -> list[Growth] | EndReason:
        """Return one more child for the node whose reward has not risen yet."""
        node = self._branch(tree)[-1]
        if depth_of(node) >= self.config.rounds:
            return "rounds"
        if not tree.expandable(node) or len(tree.children[node]) >= self.config.samples:
            return "closed"
        return [Growth(node)]

    def later(self, state: StepState) -> int:
        """Return the number of further children of the current node, and of all children of every later node."""
        (step,) = state.step
        siblings = 0 if step.id == state.root else self.config.samples - path_key(step.id)[-1] - 1
        return siblings + self.config.samples * (self.config.rounds - depth_of(step.id))

    def outlook(self) -> Outlook:
        """Return the sizes by depth: likely, half the children that a node may have."""
        half, all_ = ((width,) * self.config.rounds for width in ((self.config.samples + 1) // 2, self.config.samples))
        return Outlook(least=(1,), likely=half, most=all_)

    def abandoned(self, tree: ScoredTree) -> list[str]:
        """Return the siblings of the candidates on the branch."""
        branch = self._branch(tree)
        return [each for node in branch[:-1] for each in tree.children[node] if each not in branch]

    def _branch(self, tree: ScoredTree) -> list[str]:
        """Return the path from the root to the node that grows next."""
        branch = [tree.root]
        while chosen := self._chosen(tree, branch[-1]):
            branch.append(chosen)
        return branch

    def _chosen(self, tree: ScoredTree, node: str) -> str | None:
        """Return the child that the branch continues from; None while a better one may come, and when none can grow."""
        children = tree.children[node]
        risen = next((each for each in children if tree.value(each) > tree.value(node)), None)
        if risen or len(children) < self.config.samples:
            return risen
        growing = [each for each in children if tree.expandable(each)]
        return max(growing, key=tree.value, default=None)  # of equals the first, which has the lowest id
