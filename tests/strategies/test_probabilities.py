"""Pass@1 of every strategy against the value worked out by hand, on candidates that succeed with a known probability.

A search succeeds when one of its candidates does, as the tests choose the winner. Let each candidate succeed with
probability p, whatever was tried before. Until one succeeds the search sees failures only, so that if it asks for n
candidates when all fail, Pass@1 is 1 - (1-p)^n: n is what has to be worked out.
"""

import random
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from orps_agent import Agent, SearchConfig
from orps_agent.presets import StrategyName
from orps_agent.strategies import Expansion, Score
from tests.samples import DOUBLE, RIGHT, WRONG, script, settings

from .trees import made, score, walked

Judge = Callable[[Expansion], Score]
P = 0.1
SEARCHES = 1200
FEW = 250
"""For the one that draws from posteriors, and is slow."""

FAILURES: dict[StrategyName, tuple[int, int]] = {
    "orps": (15, 15),  # 3, then twice 2 * 3
    "cot": (1, 1),
    "best-of-n": (3, 3),
    "reflexion": (3, 3),
    "mcts": (9, 9),
    "sra-mcts": (9, 9),
    # A failure is worth nothing to the critic that knows, so that every node gets its 3 children. To the one that does
    # not it is worth more than the root: the first candidate is a rise, and from then on nothing is.
    "rro": (9, 7),
    # 0, 0.0, 0.0.0; at the root 1, 1.0, 1.0.0, as nothing is worth more; at 0 then 0.1, 0.1.0. To the critic that does
    # not know, a failure is worth more than the root: 0, 0.0, 0.0.0; at 0 then 0.1, 0.1.0; at 0.0 then 0.0.1.
    "dars": (8, 6),
    "aide": (9, 9),
    "ab-mcts": (9, 9),
}
"""With 3 samples, 3 rounds and a beam of 2: n with a critic that knows what succeeds, and with one that does not."""


def luck(name: StrategyName, number: int, p: float) -> Callable[[str], bool]:
    dice = random.Random(f"{name}/{number}")
    drawn: dict[str, bool] = {}
    return lambda id_: drawn.setdefault(id_, dice.random() < p)


def judge(succeeds: Callable[[str], bool], *, knows: bool) -> Judge:
    def judged(each: Expansion) -> Score:
        solved = succeeds(each.id)
        return score(each.id, (5 if solved else 1) if knows else 3, 2.0 if solved else 0.0, solved=solved)

    return judged


def close(successes: int, searches: int, p: float) -> bool:
    """Within four standard deviations of what is expected."""
    return abs(successes - searches * p) <= 4 * (searches * p * (1 - p)) ** 0.5


@pytest.mark.parametrize("knows", [True, False])
@pytest.mark.parametrize("name", sorted(FAILURES))
def test_independent_candidates(name: StrategyName, knows: bool) -> None:
    expected = FAILURES[name][not knows]
    asked, _ = walked(made(name), judge(lambda _: False, knows=knows))
    assert len(asked) == expected
    searches = FEW if name == "ab-mcts" else SEARCHES
    successes = 0
    for number in range(searches):
        succeeds = luck(name, number, P)
        asked, _ = walked(made(name, seed=number), judge(succeeds, knows=knows))
        successes += any(succeeds(each.id) for each in asked)
    assert close(successes, searches, 1 - (1 - P) ** expected)


@pytest.mark.parametrize(("knows", "expected"), [(True, 1 - (1 - P) ** 9), (False, P)])
def test_where_the_critic_chooses_the_winner_pass_at_1_is_as_good_as_the_critic(knows: bool, expected: float) -> None:
    """Without execution feedback; of candidates with the same ρ the first one wins, which succeeds with p."""
    successes = 0
    for number in range(SEARCHES):
        succeeds = luck("sra-mcts", number, P)
        judged = judge(succeeds, knows=knows)
        asked, _ = walked(made("sra-mcts"), judged)
        successes += succeeds(max(asked, key=lambda each: judged(each).process or 0).id)
    assert close(successes, SEARCHES, expected)


HALF, WHOLE = 0.3, 0.4
"""How often a candidate is half right; how often one is right below one that is half right, and never else."""
_SOME, _RIGHT = 1 - (1 - HALF) ** 3, 1 - (1 - WHOLE) ** 3
BY_STEPS: dict[StrategyName, float] = {
    "best-of-n": 0.0,
    "reflexion": HALF * WHOLE,
    # One of 3 is half right, is found to be the best, and one of its 3 children is right.
    "orps": _SOME * _RIGHT,
    "mcts": _SOME * _RIGHT,
    "rro": _SOME * _RIGHT,
    # 0 is half right: then 0.0, 0.1 and, with 1 half right, 1.0 may be right. It is not: then with 1 half right 1.0 and
    # 1.1 may be, and below 0 nothing can.
    "dars": HALF * (1 - (1 - WHOLE) ** 2 * (1 - HALF * WHOLE)) + (1 - HALF) * HALF * (1 - (1 - WHOLE) ** 2),
}
"""With 3 samples, 2 rounds and a beam of 1."""


def solved_in_steps(name: StrategyName, *, knows: bool = True) -> int:
    """How many searches come to something right, where candidates are wrong, half right, or mended below such a one."""
    successes = 0
    for number in range(SEARCHES):
        worth = {"": 0.0}
        walked(made(name, rounds=2, beam=1), mending(worth, random.Random(f"{name}/{number}"), knows=knows))
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
def test_candidates_that_build_on_one_another(name: StrategyName) -> None:
    assert close(solved_in_steps(name), SEARCHES, BY_STEPS[name])


def test_with_a_beam_that_knows_nothing_the_first_candidate_is_taken() -> None:
    assert close(solved_in_steps("orps", knows=False), SEARCHES, HALF * _RIGHT)


async def test_the_machine_measures_what_was_worked_out(tmp_path: Path) -> None:
    """Every other reply of the scripted model is right, by the seed of the call: Pass@1 is 1 - 1/2^n."""
    model = script(tmp_path, {"role": "programmer", "replies": [RIGHT, WRONG]})
    expected: dict[StrategyName, int] = {"cot": 1, "best-of-n": 2, "mcts": 4}
    solved = dict.fromkeys(expected, 0)
    searches = 12

    async with Agent(settings(tmp_path, model=model)) as agent:

        async def solve(name: StrategyName, seed: int) -> None:
            config = SearchConfig.model_validate({"strategy": name, "samples": 2, "rounds": 2, "seed": seed})
            result = await agent.solve(DOUBLE, config)
            assert result.candidates == expected[name]
            solved[name] += result.solved

        async with anyio.create_task_group() as tasks:
            for name in expected:
                for seed in range(searches):
                    tasks.start_soon(solve, name, seed)
    for name, candidates in expected.items():
        assert close(solved[name], searches, 1 - 0.5**candidates)
