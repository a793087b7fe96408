"""Test the paper's search on trees small enough to work out by hand, and the laws of ask and tell."""

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from orps_agent.settings import SearchConfig
from orps_agent.strategies import Expansion, Orps, OrpsState, Score

HINTS = ("verbose", "efficient", "concise")


def strategy(**numbers: object) -> Orps:
    return Orps(SearchConfig.model_validate({"samples": 3, "rounds": 3, "beam": 2} | numbers), HINTS)


def score(id_: str, process: int | None, omega: float, *, expandable: bool = True, solved: bool = False) -> Score:
    return Score(id=id_, process=process, omega=omega, expandable=expandable, solved=solved)


def ids(expansions: list[Expansion]) -> list[str]:
    return [each.id for each in expansions]


def test_the_first_round_samples_the_problem_under_each_hint_in_turn() -> None:
    asked = strategy(samples=5).ask(OrpsState())
    assert ids(asked) == ["0", "1", "2", "3", "4"]
    assert [each.hint for each in asked] == ["verbose", "efficient", "concise", "verbose", "efficient"]


def test_the_beam_is_by_process_reward_then_outcome_reward() -> None:
    orps = strategy()
    state = orps.tell(OrpsState(), [score("0", 4, 0.2), score("1", 3, 1.9), score("2", 4, 0.3)])
    assert state.parents == ("2", "0")
    assert state.round == 1
    assert ids(orps.ask(state)) == ["2.0", "2.1", "2.2", "0.0", "0.1", "0.2"]


def test_a_null_process_reward_ranks_last_but_is_not_dropped() -> None:
    orps = strategy()
    state = orps.tell(OrpsState(), [score("0", None, 2.0), score("1", 1, 0.0), score("2", None, 0.5)])
    assert state.parents == ("1", "0")


def test_ties_go_to_the_lower_id() -> None:
    orps = strategy(samples=12)
    state = orps.tell(OrpsState(), [score(str(n), 3, 1.0) for n in range(12)])
    assert state.parents == ("0", "1")


def test_closed_branches_are_not_expanded() -> None:
    orps = strategy()
    told = [score("0", 5, 2.0, expandable=False), score("1", 2, 0.1), score("2", 1, 0.0)]
    assert orps.tell(OrpsState(), told).parents == ("1", "2")


def test_ends_early_when_every_branch_is_closed() -> None:
    orps = strategy()
    state = orps.tell(OrpsState(), [score(str(n), 5, 2.0, expandable=False) for n in range(3)])
    assert state.ended == "closed"
    assert orps.ask(state) == []


def test_ends_after_the_last_round_and_keeps_its_beam() -> None:
    orps = strategy(rounds=1)
    state = orps.tell(OrpsState(), [score(str(n), n + 1, 1.0) for n in range(3)])
    assert state.ended == "rounds"
    assert state.parents == ("2", "1")


def test_goes_on_after_a_solution_unless_told_to_stop() -> None:
    told = [score("0", 4, 2.0, solved=True), score("1", 4, 1.0), score("2", 4, 1.0)]
    assert strategy().tell(OrpsState(), told).ended is None
    assert strategy(stop_when_solved=True).tell(OrpsState(), told).ended == "solved"


def test_a_whole_search_by_hand() -> None:
    orps = strategy()
    state = orps.tell(OrpsState(), [score("0", 3, 1.0), score("1", 5, 2.0, expandable=False), score("2", 2, 1.5)])
    assert state.parents == ("0", "2")
    told = [score(f"0.{n}", 3, n / 10) for n in range(3)]
    told += [score("2.0", 4, 0.9), score("2.1", 1, 0), score("2.2", 1, 0)]
    state = orps.tell(state, told)
    assert state.parents == ("2.0", "0.2")
    state = orps.tell(state, [score(each.id, 1, 0) for each in orps.ask(state)])
    assert (state.ended, state.round, state.parents) == ("rounds", 2, ("0.2.0", "0.2.1"))


rewards = st.tuples(st.none() | st.integers(1, 5), st.floats(0, 2), st.booleans(), st.booleans())


@given(st.lists(rewards, min_size=30, max_size=30), st.randoms(use_true_random=False))
def test_laws_of_ask_and_tell(drawn: list[tuple[int | None, float, bool, bool]], rng: random.Random) -> None:
    """In any order, in portions, twice, and through JSON: the state is the same."""
    orps = strategy()
    at_once = in_pieces = OrpsState()
    pool = iter(drawn)
    while asked := orps.ask(at_once):
        told = []
        for each in asked:
            process, omega, expandable, solved = next(pool, (1, 0.0, False, False))
            told.append(score(each.id, process, omega, expandable=expandable, solved=solved))
        at_once = orps.tell(at_once, told)
        rng.shuffle(told)
        for position, one in enumerate(told):
            in_pieces = OrpsState.model_validate_json(in_pieces.model_dump_json())
            in_pieces = orps.tell(orps.tell(in_pieces, [one]), [one])
            if position < len(told) - 1:
                assert len(orps.ask(in_pieces)) == len(told) - position - 1
        assert in_pieces == at_once
        assert orps.tell(at_once, told) == at_once
    assert at_once.ended


def test_states_and_settings_of_earlier_versions_are_understood() -> None:
    orps = strategy()
    told = '{"id": "2.1", "process": 4, "omega": 0.9, "expandable": true, "solved": false}'
    stored = f'{{"round": 1, "parents": ["2", "0"], "scores": [{told}], "given": [], "ended": null}}'
    assert ids(orps.ask(orps.load(json.loads(stored)))) == ["2.0", "2.2", "0.0", "0.1", "0.2"]
    given_ = '{"id": "2.1", "round": 1, "hint": "robust"}'
    fork = f'{{"round": 1, "parents": [""], "scores": [], "given": [{given_}], "ended": null}}'
    assert ids(orps.ask(orps.load(json.loads(fork)))) == ["2.1"]
    config = SearchConfig.model_validate_json('{"samples": 2, "winner_order": ["pass_rate", "time", "omega"]}')
    assert (config.strategy, config.winner_keys) == ("orps", ("pass_rate", "time", "omega"))
