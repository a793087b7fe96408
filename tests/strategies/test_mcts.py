"""Compare UCT with trees worked out by hand."""

import math

import pytest

from orps_agent.settings import SearchConfig
from orps_agent.strategies import AnyStrategy
from orps_agent.strategies.mcts import Mcts
from tests.support.strategy_walks import HINTS, ids, made, score, valued, walked


def outcomes(**numbers: object) -> AnyStrategy:
    """Told of outcomes only, so that the values are those of `valued`."""
    return made("mcts", outcome_only=True, **numbers)


def test_the_first_step_expands_the_root_under_each_hint_in_turn() -> None:
    mcts = made("mcts", samples=4)
    asked = mcts.ask(mcts.start())
    assert ids(asked) == ["0", "1", "2", "3"]
    assert [each.hint for each in asked] == ["verbose", "efficient", "concise", "verbose"]
    assert {each.round for each in asked} == {0}


def test_the_leaf_with_the_highest_uct_is_expanded() -> None:
    mcts = outcomes(samples=2, rounds=4)
    state = mcts.tell(mcts.start(), [valued("0", 0.5), valued("1", 0.4)])
    # Both were visited once: the value decides.
    assert ids(mcts.ask(state)) == ["0.0", "0.1"]
    state = mcts.tell(state, [valued("0.0", 0.6), valued("0.1", 0.1)])
    # N(root) = 4; candidate 0: (0.5 + 0.6 + 0.1)/3 + sqrt(ln 4 / 3); candidate 1: 0.4 + sqrt(ln 4).
    assert 1.2 / 3 + math.sqrt(math.log(4) / 3) == pytest.approx(1.0798, abs=1e-4)
    assert 0.4 + math.sqrt(math.log(4)) == pytest.approx(1.5774, abs=1e-4)
    assert ids(mcts.ask(state)) == ["1.0", "1.1"]
    state = mcts.tell(state, [valued("1.0", 0.0), valued("1.1", 0.0)])
    # N(root) = 6, both have three visits: 1.2/3 against 0.4/3, and below 0 the better child.
    assert ids(mcts.ask(state)) == ["0.0.0", "0.0.1"]
    assert {each.round for each in mcts.ask(state)} == {3}
    state = mcts.tell(state, [valued("0.0.0", 1.0), valued("0.0.1", 1.0)])
    assert (state.ended, mcts.ask(state)) == ("rounds", [])


@pytest.mark.parametrize(
    ("process", "omega", "settings", "value"),
    [
        (5, 1.0, {}, 0.75),
        (2, 0.0, {}, 0.125),
        (None, 1.5, {}, 0.375),  # a ρ that could not be read
        (5, 1.5, {"outcome_only": True}, 0.75),
        (None, 1.5, {"process_reward": False}, 0.75),
        (4, None, {"execution_feedback": False}, 0.75),
    ],
)
def test_a_value_is_the_mean_of_both_rewards_or_the_one_that_may_decide(
    process: int | None, omega: float | None, settings: dict[str, object], value: float
) -> None:
    config = SearchConfig.model_validate({"strategy": "mcts"} | settings)
    assert Mcts(config, HINTS).value(score("0", process, omega)) == pytest.approx(value)


def test_of_equal_leaves_the_lower_id_is_expanded() -> None:
    mcts = outcomes(samples=11, rounds=2)
    state = mcts.tell(mcts.start(), [valued(str(n), 0.5) for n in range(11)])
    assert mcts.ask(state)[0].id == "0.0"


def test_closed_leaves_are_passed_by_and_a_tree_of_them_ends_the_search() -> None:
    mcts = outcomes(samples=2, rounds=9)
    state = mcts.tell(mcts.start(), [score("0", 5, 2.0, expandable=False), valued("1", 0.1)])
    assert ids(mcts.ask(state)) == ["1.0", "1.1"]
    state = mcts.tell(state, [score("1.0", expandable=False), score("1.1", expandable=False)])
    assert (state.ended, mcts.ask(state)) == ("closed", [])


def test_it_stops_at_a_solution_only_if_it_shall() -> None:
    told = [score("0", 5, 2.0, solved=True), score("1")]
    for stop, ended in ((True, "solved"), (False, None)):
        mcts = made("mcts", samples=2, stop_when_solved=stop)
        assert mcts.tell(mcts.start(), told).ended == ended


def test_it_asks_for_as_many_candidates_as_it_may() -> None:
    asked, state = walked(made("mcts", samples=4, rounds=5), lambda each: valued(each.id, 0.5))
    assert (len(asked), state.ended) == (20, "rounds")
