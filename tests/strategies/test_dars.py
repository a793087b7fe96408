"""Test DARS: branches that begin where an earlier decision could have been better."""

from orps_agent.strategies import Expansion, Score
from tests.support.strategy_walks import ids, made, score, valued, walked


def values(**known: float) -> dict[str, float]:
    return {id_.removeprefix("_").replace("_", "."): value for id_, value in known.items()}


def path_of(told: dict[str, float], **numbers: object) -> list[Expansion]:
    """Walk a search in which candidates are worth the given values, else nothing."""
    asked, state = walked(
        made("dars", outcome_only=True, **numbers), lambda each: valued(each.id, told.get(each.id, 0.0))
    )
    assert state.ended == "rounds"
    assert [each.round for each in asked] == list(range(len(asked)))
    return asked


def test_a_branch_runs_to_its_end_and_the_next_begins_at_the_best_node() -> None:
    asked = path_of(values(_0=0.2, _0_0=0.8, _0_0_0=0.5), samples=2, rounds=3)
    assert ids(asked) == ["0", "0.0", "0.0.0", "0.0.1"], "from 0.0 on it went down"
    assert [each.shown for each in asked] == [(), (), (), ("0.0.0",)]


def test_its_programmer_is_shown_where_the_earlier_attempts_ended() -> None:
    asked = path_of(values(_0=0.9, _0_0=0.1, _0_0_0=0.1), samples=2, rounds=3)
    assert ids(asked) == ["0", "0.0", "0.0.0", "0.1", "0.1.0"]
    assert [each.shown for each in asked[3:]] == [("0.0.0",), ()], "only where it branches"


def test_with_nothing_earned_it_starts_anew_and_no_node_has_a_third_child_before_all_have_a_second() -> None:
    asked = path_of({}, samples=4, rounds=3)
    assert ids(asked) == ["0", "0.0", "0.0.0", "1", "1.0", "1.0.0", "0.1", "0.1.0", "0.0.1"]


def test_the_latest_attempts_are_shown_of_many() -> None:
    asked = path_of({}, samples=6, rounds=1)
    assert ids(asked) == ["0", "1", "2", "3", "4", "5"]
    assert asked[-1].shown == ("2", "3", "4")


def test_a_branch_that_is_closed_ends_there_and_the_others_go_on() -> None:
    def judged(each: Expansion) -> Score:
        return score(each.id, 5, 2.0, expandable=each.id != "0.0")

    asked, state = walked(made("dars", outcome_only=True, samples=3, rounds=3), judged)
    assert ids(asked) == ["0", "0.0", "0.1", "0.1.0", "0.1.1"]
    assert asked[2].shown == ("0.0",)
    assert state.ended == "rounds"


def test_below_a_forks_candidate_all_branches_begin_there() -> None:
    dars = made("dars", outcome_only=True, samples=2, rounds=3)
    (at, *_), _ = walked(dars, lambda each: valued(each.id, 0.0))
    asked, _ = walked(dars, lambda each: valued(each.id, 0.0), dars.fork(at, valued("0", 0.5)))
    assert ids(asked) == ["0.0", "0.0.0", "0.1", "0.1.0"]
