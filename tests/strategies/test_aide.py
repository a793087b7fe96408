"""Test AIDE: drafts, and how they are debugged and improved."""

from collections import Counter

from orps_agent.strategies import Expansion, Score
from tests.support.strategy_walks import ids, made, score, valued, walked


def after_the_drafts(*told: Score, **numbers: object) -> Counter[str]:
    """Return the parents that the second step chooses, over many seeds."""
    asked: Counter[str] = Counter()
    for seed in range(300):
        aide = made("aide", samples=len(told), seed=seed, **numbers)
        (only,) = aide.ask(aide.tell(aide.start(), told))
        assert only.round == 1
        asked[only.parent] += 1
    return asked


def test_it_drafts_first() -> None:
    aide = made("aide", samples=4)
    assert ids(aide.ask(aide.start())) == ["0", "1", "2", "3"]


def test_without_a_failing_leaf_the_best_is_improved() -> None:
    told = [score("0", 4, 1.2, solved=True), score("1", 5, 1.5, solved=True), score("2", 5, 1.5, solved=True)]
    assert after_the_drafts(*told) == {"1": 300}


def test_half_of_the_time_one_of_the_failing_is_debugged() -> None:
    told = [score("0", 5, 1.5, solved=True), score("1", 1, 0.2), score("2", 1, 0.0), score("3", expandable=False)]
    asked = after_the_drafts(*told)
    # 150 expected for the best, 75 for each of the other two: four standard deviations are 35 and 30.
    assert abs(asked["0"] - 150) < 35
    assert abs(asked["1"] - 75) < 30
    assert asked["0"] + asked["1"] + asked["2"] == 300


def test_while_everything_fails_half_of_the_steps_draft_anew() -> None:
    asked = after_the_drafts(score("0", 2, 0.0), score("1", 4, 1.8))
    assert abs(asked[""] - 150) < 35
    assert abs(asked["1"] - 75) < 30
    assert asked[""] + asked["0"] + asked["1"] == 300, "whatever it earned, what fails is not improved"


def test_where_nothing_is_known_to_fail_the_best_is_improved() -> None:
    told = [score("0", 2, None), score("1", 4, None)]
    assert after_the_drafts(*told, execution_feedback=False) == {"1": 300}


def test_what_has_three_failures_in_a_row_above_it_is_debugged_and_with_four_it_is_not() -> None:
    def judged(each: Expansion) -> Score:
        return score(each.id, 5, 2.0, solved=True) if each.id == "0" else score(each.id, 1, 0.0)

    depths: set[int] = set()
    for seed in range(40):
        asked, _ = walked(made("aide", samples=2, rounds=12, seed=seed), judged)
        depths |= {each.id.count(".") for each in asked if each.id.startswith("1")}
        below_the_best = [each.id.count(".") for each in asked if each.id.startswith("0.")]
        assert max(below_the_best, default=0) <= 5, "an improvement that fails is a first failure"
    assert depths == {0, 1, 2, 3, 4}


def test_it_ends_with_as_many_candidates_as_it_may_have_or_when_all_are_closed() -> None:
    asked, state = walked(made("aide", samples=3, rounds=4), lambda each: valued(each.id, 0.5))
    assert (len(asked), state.ended) == (12, "rounds")
    assert [each.round for each in asked[2:]] == list(range(10))
    asked, state = walked(made("aide"), lambda each: score(each.id, expandable=False))
    assert (len(asked), state.ended) == (3, "closed")
