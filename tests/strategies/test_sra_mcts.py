"""Test SRA-MCTS: the model's own judgement takes the place of execution."""

import pytest

from orps_agent.errors import SettingsError
from orps_agent.settings import SearchConfig, changed
from tests.support.strategy_walks import ids, made, score


def test_the_leaf_that_the_critic_prefers_is_expanded_whatever_its_outcome() -> None:
    sra = made("sra-mcts", samples=3)
    told = [score("0", 2, 2.0, solved=True), score("1", 4, 0.0), score("2", None, 1.9)]
    assert ids(sra.ask(sra.tell(sra.start(), told))) == ["1.0", "1.1", "1.2"]


def test_it_goes_where_the_authors_formula_leads() -> None:
    """V is 0.25 and 0.75; c is 0.05, and a leaf counts 0.8 more."""
    sra = made("sra-mcts", samples=2, rounds=6)
    state = sra.tell(sra.start(), [score("0", 2), score("1", 4)])
    state = sra.tell(state, [score("1.0", 1), score("1.1", 3)])
    # 1 was expanded once of twice, its children never: 0.75 + 0.05 * sqrt(2 ln 2) = 0.81 against 0.25 + 0.8 for 0.
    assert ids(sra.ask(state)) == ["0.0", "0.1"]
    state = sra.tell(state, [score("0.0", 5), score("0.1", 5)])
    # Now 0.75 + 0.05 * sqrt(2 ln 3) against 0.25 + as much; below 1 the leaf with the higher V.
    assert ids(sra.ask(state)) == ["1.1.0", "1.1.1"]
    state = sra.tell(state, [score("1.1.0", 1), score("1.1.1", 1)])
    # V(1) is that of 1.1 alone, as 1.0 was never visited: 0.5 + 0.05 * sqrt(2 ln 4 / 2) = 0.56, against
    # 0.25 + 0.05 * sqrt(2 ln 4) = 0.33; below 1 now 1.0, 0 + 0.8 against 0.5 + 0.05 * sqrt(2 ln 2).
    assert ids(sra.ask(state)) == ["1.0.0", "1.0.1"]


def test_it_goes_without_execution_and_cannot_go_without_a_critic() -> None:
    config = SearchConfig(strategy="sra-mcts")
    assert (config.execution_feedback, config.winner_keys) == (False, ("rho",))
    with pytest.raises(SettingsError, match="process_reward"):
        changed(SearchConfig(), {"strategy": "sra-mcts", "process_reward": False})
