"""Compare adaptive branching with treequest: the same walks for the same seed."""

import random
import sys
from collections import Counter

import numpy as np
import pytest
from treequest import ABMCTSA

from orps_agent.domain.candidate import path_key
from orps_agent.errors import SettingsError
from orps_agent.settings import SearchConfig
from orps_agent.strategies import Expansion, Score
from orps_agent.strategies.stepwise import ScoredTree, seed_at
from tests.support.strategy_walks import made, score, valued, walked

ROUNDS = 8


def worth(id_: str) -> float:
    return min(1.0, random.Random(id_).random() / 2 + id_.count(".") / 4)


def second_step(*told: Score) -> Counter[str]:
    """Return the parents of the candidates of a second step, over 300 seeds."""
    asked: Counter[str] = Counter()
    for seed in range(300):
        strategy = made("ab-mcts", outcome_only=True, samples=len(told), seed=seed)
        asked.update(each.parent for each in strategy.ask(strategy.tell(strategy.start(), told)))
    return asked


def test_it_walks_where_treequest_walks_by_itself() -> None:
    config = SearchConfig(strategy="ab-mcts", seed=4)
    ours, _ = walked(
        made("ab-mcts", outcome_only=True, rounds=ROUNDS, seed=4), lambda each: valued(each.id, worth(each.id))
    )
    algorithm: ABMCTSA[str] = ABMCTSA()
    state = algorithm.init_tree()
    theirs: list[str] = []
    places: Counter[str] = Counter()
    for round_ in range(ROUNDS):
        np.random.seed(seed_at(config, ScoredTree("", (), lambda _: 0.0), round_))
        state, trials = algorithm.ask_batch(state, 3, ["write"])
        named = {}
        for trial in trials:
            parent = trial.parent_state
            named[f"{parent}.{places[parent]}" if parent else f"{places['']}"] = trial
            places[parent or ""] += 1
        for id_ in sorted(named, key=path_key):
            state = algorithm.tell(state, named[id_].trial_id, (id_, worth(id_)))
        theirs += named
    assert [each.id for each in ours] == theirs
    assert len({each.id.count(".") for each in ours}) > 2


def test_what_it_keeps_of_earlier_steps_changes_nothing() -> None:
    """Asked about two searches in turns, and about an earlier step again, it answers as one that knows nothing."""
    used = made("ab-mcts", outcome_only=True, rounds=ROUNDS, seed=4)
    states = [used.start(), used.fork(Expansion(id="7", round=0, hint=""), valued("7", 0.4))]
    for _ in range(ROUNDS - 2):
        for place, state in enumerate(states):
            told = [valued(each.id, worth(f"{place}{each.id}")) for each in used.ask(state)]
            fresh = made("ab-mcts", outcome_only=True, rounds=ROUNDS, seed=4)
            states[place] = used.tell(used.load(state.model_dump(mode="json")), told)
            assert states[place] == fresh.tell(state, told) == used.tell(state, told)


def test_the_first_step_has_nothing_to_go_deeper_into() -> None:
    strategy = made("ab-mcts", outcome_only=True, samples=5)
    assert [each.id for each in strategy.ask(strategy.start())] == ["0", "1", "2", "3", "4"]


def test_it_goes_deeper_where_it_pays() -> None:
    asked = second_step(valued("0", 0.9), valued("1", 0.1), valued("2", 0.1))
    assert asked["0"] > 3 * max(asked["1"], asked["2"])
    assert asked[""] > 0


def test_where_a_branch_is_closed_it_is_widened_above() -> None:
    asked = second_step(score("0", 5, 2.0, expandable=False), valued("1", 0.1))
    assert asked.keys() == {"", "1"}


def test_the_global_generator_is_left_as_it_was() -> None:
    np.random.seed(7)
    before = np.random.get_state()[1].tolist()
    walked(made("ab-mcts", outcome_only=True), lambda each: valued(each.id, 0.5))
    assert np.random.get_state()[1].tolist() == before


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "treequest", None)
    with pytest.raises(SettingsError, match=r"pip install 'orps-agent\[treequest\]'"):
        made("ab-mcts", outcome_only=True)
    assert made("mcts").start()
