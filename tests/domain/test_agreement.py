"""Compare dual execution agreement with values worked out by hand, and check its laws on any tree."""

from itertools import pairwise
from math import sqrt

from hypothesis import given
from hypothesis import strategies as st

from orps_agent.domain.agreement import agreed, consensus_sets
from orps_agent.domain.candidate import path_key
from tests.support.outlines import outline

A, B, C, D = "abcd"


def sets(**passed: str) -> list[tuple[str, list[str], float]]:
    found = consensus_sets({name.removeprefix("c"): frozenset(tests) for name, tests in passed.items()})
    return [("".join(each.tests), list(each.solutions), each.score) for each in found]


def test_the_score_is_the_tests_times_the_square_root_of_the_solutions() -> None:
    # 2 * sqrt(4) = 4 beats 3 * sqrt(1) = 3, which beats 1 * sqrt(2) = 1.41
    assert sets(c0="abd", c1="bc", c2="bc", c3="bc", c4="bc", c5="a", c6="a") == [
        ("bc", ["1", "2", "3", "4"], 4.0),
        ("abd", ["0"], 3.0),
        ("a", ["5", "6"], sqrt(2)),
    ]


def test_of_equal_scores_the_one_with_more_tests_comes_first_and_then_the_earlier() -> None:
    # 1 * sqrt(4) = 2 * sqrt(1) = 2
    assert [each[0] for each in sets(c0="a", c1="a", c2="a", c3="a", c4="bc")] == ["bc", "a"]
    assert [each[0] for each in sets(c10="ab", c9="cd")] == ["cd", "ab"]


def test_a_wrong_test_that_fools_one_solution_is_outvoted() -> None:
    # Candidate 2 passes as many tests as the others, the wrong one among them, and is faster.
    passed = {"0": {A, B, C}, "1": {A, B, C}, "2": {A, B, D}}
    tree = [outline("0", 3, time=5), outline("1", 3, time=4), outline("2", 3, time=1)]
    choice = agreed(tree, {name: frozenset(tests) for name, tests in passed.items()}, ("pass_rate", "time"))
    assert choice.winner is not None
    assert choice.winner.id == "1"
    assert choice.agreement is not None
    assert (choice.agreement.tests, choice.agreement.solutions) == ((A, B, C), ("0", "1"))
    assert (choice.agreement.score, choice.agreement.rivals) == (3 * sqrt(2), 1)


def test_who_may_not_win_confirms_nothing() -> None:
    passed = {"0": frozenset({A}), "1": frozenset({B}), "2": frozenset({B}), "3": frozenset({B})}
    tree = [outline("0"), outline("1", tampering=True), outline("2", written=False), outline("3", time=2)]
    choice = agreed(tree, passed, ("time",))
    assert choice.winner == tree[0]
    assert agreed(tree, passed, ("time",), tampering_may_win=True).winner == tree[1]
    assert agreed([], {}, ("time",)).winner is None


def test_where_nothing_is_passed_the_order_decides() -> None:
    tree = [outline("0", time=3), outline("1", time=2)]
    choice = agreed(tree, {"0": frozenset(), "1": frozenset()}, ("pass_rate", "time"))
    assert choice.winner == tree[1]
    assert choice.agreement is not None
    assert choice.agreement.score == 0


TREES = st.dictionaries(
    st.lists(st.integers(0, 12), min_size=1, max_size=3).map(lambda path: ".".join(map(str, path))),
    st.frozensets(st.sampled_from([A, B, C, D])),
    min_size=1,
    max_size=12,
)


@given(TREES, st.randoms())
def test_consensus_sets_part_the_solutions_and_do_not_depend_on_their_order(
    passed: dict[str, frozenset[str]], chance: object
) -> None:
    found = consensus_sets(passed)
    assert sorted((each for one in found for each in one.solutions), key=path_key) == sorted(passed, key=path_key)
    for one in found:
        assert {passed[each] for each in one.solutions} == {frozenset(one.tests)}
    assert len({one.tests for one in found}) == len(found)
    assert all(a.score >= b.score - 1e-9 for a, b in pairwise(found))
    shuffled = sorted(passed)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert consensus_sets({each: passed[each] for each in shuffled}) == found


@given(TREES)
def test_one_more_solution_that_agrees_with_the_best_changes_nothing_about_which_set_is_best(
    passed: dict[str, frozenset[str]],
) -> None:
    best = consensus_sets(passed)[0]
    assert consensus_sets(passed | {"99": frozenset(best.tests)})[0].tests == best.tests


@given(TREES)
def test_the_winner_is_of_the_best_set_and_no_worse_than_any_of_it(passed: dict[str, frozenset[str]]) -> None:
    tree = [outline(each, len(tests), time=sum(path_key(each)) % 7) for each, tests in passed.items()]
    choice = agreed(tree, passed, ("pass_rate", "time"))
    assert choice.winner is not None
    assert choice.agreement == consensus_sets(passed)[0]
    members = [each for each in tree if each.id in choice.agreement.solutions]
    assert choice.winner in members
    assert choice.winner.costs["cpu_ns"] == min(each.costs["cpu_ns"] for each in members)
