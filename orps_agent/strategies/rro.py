"""Rising rewards: RRO (Wang et al., arXiv 2505.20737)."""

from __future__ import annotations

from orps_agent.domain.candidate import path_key

from .base import EndReason, Outlook
from .stepwise import Grown, Growth, StepState, Stepwise, depth_of


class Rro(Stepwise):
    """One branch, of which each node is grown until its reward rises:

        children of s are asked for one at a time until V(child) > V(s), or `samples` are there

    and the branch goes on from the child that rose, without one from the best of them. V is the mean of (ρ-1)/4 and
    ω/2, and 0 at the root: the first candidate that earns anything is a rise.

    `samples` is how many children a node gets at most, `rounds` how long the branch may become; `beam` says nothing.
    Every step asks for one candidate, so there are up to samples * rounds steps and candidates. The search ends
    before when the critic closes the branch.

    That candidates for the next step are sampled until one has a higher reward than the step before is the paper's
    abstract; its formulas could not be looked up, and there is no public code. Ours are the strict comparison with a
    first reward of 0, that the branch goes on from the one that rose, the limit on children, and what is done at it.

    Deviates from RRO, which collects trajectories as training data, pairs of better and worse steps: this is its
    exploration alone, with the critic and the tests in the place of rewards estimated by rollouts.
    """

    def plan(self, tree: Grown, round_: int) -> list[Growth] | EndReason:
        """One more child for the node that has not risen yet."""
        node = self._branch(tree)[-1]
        if depth_of(node) >= self.config.rounds:
            return "rounds"
        if not tree.expandable(node) or len(tree.children[node]) >= self.config.samples:
            return "closed"
        return [Growth(node)]

    def later(self, state: StepState) -> int:
        """The other children of the node that is grown, and all of every node further on."""
        (step,) = state.step
        siblings = 0 if step.id == state.root else self.config.samples - path_key(step.id)[-1] - 1
        return siblings + self.config.samples * (self.config.rounds - depth_of(step.id))

    def outlook(self) -> Outlook:
        """Likely half the children that a node may have."""
        half, all_ = ((width,) * self.config.rounds for width in ((self.config.samples + 1) // 2, self.config.samples))
        return Outlook(least=(1,), likely=half, most=all_)

    def given_up(self, tree: Grown) -> list[str]:
        """The siblings of those that the branch went on from."""
        branch = self._branch(tree)
        return [each for node in branch[:-1] for each in tree.children[node] if each not in branch]

    def _branch(self, tree: Grown) -> list[str]:
        """From the root to the node that is to be grown."""
        branch = [tree.root]
        while chosen := self._chosen(tree, branch[-1]):
            branch.append(chosen)
        return branch

    def _chosen(self, tree: Grown, node: str) -> str | None:
        """The child that the branch goes on from; None while there may be a better one, and when none can grow."""
        children = tree.children[node]
        risen = next((each for each in children if tree.value(each) > tree.value(node)), None)
        if risen or len(children) < self.config.samples:
            return risen
        growing = [each for each in children if tree.expandable(each)]
        return max(growing, key=tree.value, default=None)  # of equals the first, which has the lowest id
