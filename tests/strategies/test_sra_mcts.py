"""The model's own judgement in place of execution."""

import pytest

from orps_agent.errors import SettingsError
from orps_agent.settings import SearchConfig, changed

from .trees import ids, made, score


def test_the_leaf_that_the_critic_prefers_is_expanded_whatever_its_outcome() -> None:
    sra = made("sra-mcts", samples=3)
    told = [score("0", 2, 2.0, solved=True), score("1", 4, 0.0), score("2", None, 1.9)]
    assert ids(sra.ask(sra.tell(sra.start(), told))) == ["1.0", "1.1", "1.2"]


def test_it_goes_without_execution_and_cannot_go_without_a_critic() -> None:
    config = SearchConfig(strategy="sra-mcts")
    assert (config.execution_feedback, config.winner_keys) == (False, ("rho",))
    with pytest.raises(SettingsError, match="process_reward"):
        changed(SearchConfig(), {"strategy": "sra-mcts", "process_reward": False})
