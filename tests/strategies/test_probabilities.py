"""Compare Pass@1 of every strategy with the value worked out by hand, on candidates of known probability.

A search succeeds when one of its candidates does, as the tests choose the winner. Let each candidate succeed with
probability p, whatever was tried before. Until one succeeds the search sees failures only, so that if it asks for n
candidates when all fail, Pass@1 is 1 - (1-p)^n: n is what has to be worked out.

What is measured has to lie where all but one in a million of such samples would: the seeds are fixed, so that a failure
is never one of chance, and a probability that is wrong by more than some hundredths is found out.
"""

import random
from collections.abc import Callable
from functools import partial
from math import comb, exp, lgamma, log
from pathlib import Path

import anyio
import pytest

from orps_agent import Agent, SearchConfig
from orps_agent.domain.agreement import agreed
from orps_agent.domain.problem import Problem, SnippetTest, TestSuite
from orps_agent.domain.rewards import winner
from orps_agent.strategies import Expansion, Score
from tests.support.outlines import outline
from tests.support.samples import DOUBLE, RIGHT, script, settings
from tests.support.samples import HALF as HALF_RIGHT
from tests.support.strategy_walks import made, score, walked

Judge = Callable[[Expansion], Score]
P = 0.1
SEARCHES = 1200
FEW = 120
"""For the one that draws from posteriors, and is slow."""

FAILURES: dict[str, tuple[int, int]] = {
    "orps": (15, 15),  # 3, then twice 3 below each of the 2 in the beam
    "cot": (1, 1),  # one candidate
    "best-of-n": (3, 3),  # one round of 3
    "reflexion": (3, 3),  # one below the other, one a round
    # A leaf of the tree grows 3 children in each of 3 steps; whichever it is, there always is one.
    "mcts": (9, 9),
    "sra-mcts": (9, 9),
    # A failure is worth nothing to the critic that knows, so that every node gets its 3 children. To the one that does
    # not it is worth more than the root: the first candidate is a rise, and from then on nothing is.
    "rro": (9, 7),
    # 0, 0.0, 0.0.0; at the root 1, 1.0, 1.0.0, as nothing is worth more; at 0 then 0.1, 0.1.0. To the critic that does
    # not know, a failure is worth more than the root: 0, 0.0, 0.0.0; at 0 then 0.1, 0.1.0; at 0.0 then 0.0.1.
    "dars": (8, 6),
    "aide": (9, 9),  # 3 drafts, then 6 that debug or draft anew
    "ab-mcts": (9, 9),  # 3 walks in each of 3 steps, each of which writes one candidate wherever it ends
}
"""With 3 samples, 3 rounds and a beam of 2: n with a critic that knows what succeeds, and with one that does not."""


def luck(name: str, number: int, p: float) -> Callable[[str], bool]:
    dice = random.Random(f"{name}/{number}")
    drawn: dict[str, bool] = {}
    return lambda id_: drawn.setdefault(id_, dice.random() < p)


def judge(succeeds: Callable[[str], bool], *, knows: bool) -> Judge:
    def judged(each: Expansion) -> Score:
        solved = succeeds(each.id)
        return score(each.id, (5 if solved else 1) if knows else 3, 2.0 if solved else 0.0, solved=solved)

    return judged


def plausible(successes: int, searches: int, p: float) -> bool:
    """Return True unless so few or so many have a chance below one in two million, by the binomial distribution."""
    if p in {0.0, 1.0}:
        return successes == p * searches

    def chance(k: int) -> float:
        ways = lgamma(searches + 1) - lgamma(k + 1) - lgamma(searches - k + 1)
        return exp(ways + k * log(p) + (searches - k) * log(1 - p))

    below, above = range(successes + 1), range(successes, searches + 1)
    return min(sum(map(chance, below)), sum(map(chance, above))) > 0.5e-6


def test_what_is_not_plausible_is_found_out() -> None:
    assert plausible(240, SEARCHES, 0.2)
    assert not plausible(240, SEARCHES, 0.27)
    assert not plausible(240, SEARCHES, 0.14)
    assert plausible(0, 5, 0.0)
    assert not plausible(1, 5, 0.0)


@pytest.mark.parametrize("knows", [True, False])
@pytest.mark.parametrize("name", sorted(FAILURES))
def test_independent_candidates(name: str, knows: bool) -> None:
    expected = FAILURES[name][not knows]
    asked, _ = walked(made(name), judge(lambda _: False, knows=knows))
    assert len(asked) == expected
    searches = FEW if name == "ab-mcts" else SEARCHES
    successes = 0
    for number in range(searches):
        succeeds = luck(name, number, P)
        asked, _ = walked(made(name, seed=number), judge(succeeds, knows=knows))
        successes += any(succeeds(each.id) for each in asked)
    assert plausible(successes, searches, 1 - (1 - P) ** expected)


@pytest.mark.parametrize(("knows", "expected"), [(True, 1 - (1 - P) ** 9), (False, P)])
def test_where_the_critic_chooses_the_winner_pass_at_1_is_as_good_as_the_critic(knows: bool, expected: float) -> None:
    """Without execution feedback; of candidates with the same ρ the first one wins, which succeeds with p."""
    successes = 0
    for number in range(SEARCHES):
        succeeds = luck("sra-mcts", number, P)
        judged = judge(succeeds, knows=knows)
        asked, _ = walked(made("sra-mcts"), judged)
        successes += succeeds(max(asked, key=lambda each: judged(each).process or 0).id)
    assert plausible(successes, SEARCHES, expected)


HALF, WHOLE = 0.3, 0.4
"""How often a candidate is half right; how often one is right below one that is half right, and never else."""
_SOME, _RIGHT = 1 - (1 - HALF) ** 3, 1 - (1 - WHOLE) ** 3


def mended(half: int, leaves: int, steps: int) -> float:
    """Compute the chance of aide with so many leaves, some of them half right and none right, in so many steps.

    Nothing works, so every step drafts anew in half of the cases, which makes a leaf more that is half right in HALF of
    them. Else it debugs any leaf. One that is half right comes out right in WHOLE of the cases and else is followed by
    one that is half right; a wrong one is followed by one that is half right in HALF of them.
    """
    if not steps:
        return 0.0

    def after(more_half: int, more_leaves: int) -> float:
        return mended(half + more_half, leaves + more_leaves, steps - 1)

    drafted = HALF * after(1, 1) + (1 - HALF) * after(0, 1)
    lucky = WHOLE + (1 - WHOLE) * after(0, 0)
    wrong = HALF * after(1, 0) + (1 - HALF) * after(0, 0)
    return (drafted + half / leaves * lucky + (1 - half / leaves) * wrong) / 2


BY_STEPS: dict[str, float] = {
    "cot": 0.0,  # nothing is right that builds on nothing
    "best-of-n": 0.0,
    "reflexion": HALF * WHOLE,
    # One of 3 is half right, is found to be the best, and one of its 3 children is right.
    "orps": _SOME * _RIGHT,
    "mcts": _SOME * _RIGHT,
    "sra-mcts": _SOME * _RIGHT,
    "rro": _SOME * _RIGHT,
    # 0 is half right: then 0.0, 0.1 and, with 1 half right, 1.0 may be right. It is not: then with 1 half right 1.0 and
    # 1.1 may be, and below 0 nothing can.
    "dars": HALF * (1 - (1 - WHOLE) ** 2 * (1 - HALF * WHOLE)) + (1 - HALF) * HALF * (1 - (1 - WHOLE) ** 2),
    # 3 drafts, some of them half right, then 3 steps.
    "aide": sum(comb(3, half) * HALF**half * (1 - HALF) ** (3 - half) * mended(half, 3, 3) for half in range(4)),
}
"""With 3 samples, 2 rounds and a beam of 1, worked out by hand. Where ab-mcts goes its posteriors decide, so that there
is nothing to work out but for independent candidates; `test_ab_mcts.py` compares it to treequest itself."""


def solved_in_steps(name: str, *, knows: bool = True) -> int:
    """Count the searches that find something right; candidates are wrong, half right, or mended below such a one."""
    successes = 0
    for number in range(SEARCHES):
        worth = {"": 0.0}
        walked(
            made(name, rounds=2, beam=1, seed=number), mending(worth, random.Random(f"{name}/{number}"), knows=knows)
        )
        successes += 1.0 in worth.values()
    return successes


def mending(worth: dict[str, float], dice: random.Random, *, knows: bool) -> Judge:
    """Writes down what each candidate is worth."""

    def judged(each: Expansion) -> Score:
        reached, chance = (1.0, WHOLE) if worth[each.parent] == 0.5 else (0.5, HALF)
        worth[each.id] = reached if dice.random() < chance else reached - 0.5
        process, omega = (1 + round(4 * worth[each.id]), 2 * worth[each.id]) if knows else (3, None)
        return score(each.id, process, omega, solved=worth[each.id] == 1)

    return judged


@pytest.mark.parametrize("name", sorted(BY_STEPS))
def test_candidates_that_build_on_one_another(name: str) -> None:
    assert plausible(solved_in_steps(name), SEARCHES, BY_STEPS[name])


def test_with_a_beam_that_knows_nothing_the_first_candidate_is_taken() -> None:
    assert plausible(solved_in_steps("orps", knows=False), SEARCHES, HALF * _RIGHT)


@pytest.mark.parametrize("p", [0.3, 0.6])
def test_agreement_turns_a_wrong_test_into_a_vote(p: float) -> None:
    """Of two written tests a right solution passes the one and a wrong solution the other, which is wrong itself.

    By `order` all are level, so that the first candidate wins: p. By agreement a camp of k scores 1 * sqrt(k), so that
    the larger one of 3 solutions wins: p^3 + 3 p^2 (1 - p).
    """
    first = voted = 0
    for number in range(SEARCHES):
        succeeds = luck("best-of-n", number, p)
        asked, _ = walked(made("best-of-n", seed=number), judge(succeeds, knows=False))
        passed = {each.id: frozenset({"right" if succeeds(each.id) else "wrong"}) for each in asked}
        tree = [outline(each.id, 1, tests=2) for each in asked]
        by_order, by_votes = winner(tree, ("pass_rate",)), agreed(tree, passed, ("pass_rate",)).winner
        assert by_order is not None
        assert by_votes is not None
        first += succeeds(by_order.id)
        voted += succeeds(by_votes.id)
    assert plausible(first, SEARCHES, p)
    assert plausible(voted, SEARCHES, p**3 + 3 * p**2 * (1 - p))


VOTED = DOUBLE.model_copy(
    update={
        "tests": TestSuite(
            tests=(
                SnippetTest(name="right", code="assert double(5) == 10"),
                SnippetTest(name="wrong", code="assert double(5) == 7"),
            )
        )
    }
)
"""What is right passes the one test, what is half right the other."""
SEES = [
    {"role": "critic", "contains": "return n + n", "reply": "Right.\nSCORE: 5"},
    {"role": "critic", "reply": "Wrong.\nSCORE: 2"},
]
"""Knows from the code alone, as in sra-mcts it is told no verdict."""
MACHINE: dict[str, tuple[int, int]] = {
    "orps": (1, 2),
    "cot": (1, 1),
    "best-of-n": (2, 1),
    "reflexion": (1, 2),
    "mcts": (1, 2),
    "sra-mcts": (1, 2),
    "rro": (1, 2),
    "dars": (1, 2),
    "aide": (1, 2),
    "ab-mcts": (1, 2),
}
"""Samples and rounds with which each asks for two candidates, cot for one."""
SEEDS = 3


async def test_the_machine_measures_what_was_worked_out(tmp_path: Path) -> None:
    """Every other reply of the scripted model is right, by the seed of the call.

    So Pass@1 is 1/2 for cot and 1 - 1/2^2 for all others, also where the critic chooses, as it knows; with agreement
    over 3 candidates of which 1/2 pass the wrong test, 1/2^3 + 3/2^3 = 1/2.
    """
    model = script(tmp_path, {"role": "programmer", "replies": [RIGHT, HALF_RIGHT]}, critic=SEES)
    solved = dict.fromkeys((1 / 2, 3 / 4), 0)
    searches = dict.fromkeys(solved, 0)

    async with Agent(settings(tmp_path, model=model)) as agent:

        async def solve(p: float, problem: Problem, candidates: int, **numbers: object) -> None:
            result = await agent.solve(problem, SearchConfig.model_validate({"beam": 1} | numbers))
            assert result.candidates == candidates
            assert result.verification is not None
            searches[p] += 1
            solved[p] += result.verification.all_passed

        async with anyio.create_task_group() as tasks:
            for seed in range(SEEDS):
                for name, (samples, rounds) in MACHINE.items():
                    p, candidates = (1 / 2, 1) if name == "cot" else (3 / 4, 2)
                    numbers = {"strategy": name, "samples": samples, "rounds": rounds, "seed": seed}
                    tasks.start_soon(partial(solve, p, DOUBLE, candidates, **numbers))
                numbers = {"strategy": "best-of-n", "samples": 3, "seed": seed, "selector": "codet"}
                tasks.start_soon(partial(solve, 1 / 2, VOTED, 3, **numbers))
    assert searches == {1 / 2: 2 * SEEDS, 3 / 4: 9 * SEEDS}
    for p, successes in solved.items():
        assert plausible(successes, searches[p], p), f"{successes} of {searches[p]} at {p}"
