"""Compare calibration with slower and plainer definitions of it."""

import random
import statistics

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orps_agent.domain.calibration import Calibration, Confusion
from orps_agent.domain.candidate import Candidate, Tree
from orps_agent.domain.execution import ExecutionReport, TestResult, Verdict

pairs = st.lists(st.tuples(st.integers(1, 5), st.sampled_from([0.0, 0.25, 0.5, 1.0])), min_size=2, max_size=30)


def ranks(values: list[float]) -> list[float]:
    return [statistics.mean(place for place, other in enumerate(sorted(values)) if other == value) for value in values]


@given(pairs)
def test_spearman_is_the_correlation_of_mean_ranks(given: list[tuple[int, float]]) -> None:
    scores, rates = [float(score) for score, _ in given], [rate for _, rate in given]
    assume(len(set(scores)) > 1 and len(set(rates)) > 1)
    expected = statistics.correlation(ranks(scores), ranks(rates))
    assert Calibration.of_pairs(given).spearman == pytest.approx(expected)


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_candidates_decides_nothing(given: list[tuple[int, float]], shuffler: random.Random) -> None:
    shuffled = list(given)
    shuffler.shuffle(shuffled)
    assert Calibration.of_pairs(shuffled) == Calibration.of_pairs(given)


@given(pairs)
def test_only_ranks_matter(given: list[tuple[int, float]]) -> None:
    stretched = Calibration.of_pairs((score, rate**3) for score, rate in given)
    assert stretched == Calibration.of_pairs(given)


@given(pairs)
def test_the_confusion_counts_every_pair_once(given: list[tuple[int, float]]) -> None:
    calibration = Calibration.of_pairs(given)
    assert sum(each.none + each.some + each.all for each in calibration.confusion.values()) == calibration.pairs
    assert set(calibration.confusion) == {score for score, _ in given}


@pytest.mark.parametrize(
    "given",
    [[], [(3, 1.0)], [(3, 0.0), (3, 1.0)] * 20, [(1, 0.5), (5, 0.5)] * 20, [(1, 0.0), (3, 0.5), (5, 1.0)]],
    ids=["none", "one", "one score", "one pass rate", "too few to tell"],
)
def test_no_information_without_evidence(given: list[tuple[int, float]]) -> None:
    assert not Calibration.of_pairs(given).informative


def test_one_lucky_score_among_equal_ones_is_no_evidence() -> None:
    assert not Calibration.of_pairs([(5, 1.0), (1, 0.0), (1, 0.0), (1, 0.0)]).informative


@pytest.mark.parametrize("times", [4, 60])
def test_scores_that_rise_with_the_verdicts_inform_and_those_that_fall_do_not(times: int) -> None:
    rising = [(1, 0.0), (3, 0.5), (5, 1.0)] * times
    assert Calibration.of_pairs(rising).informative
    assert Calibration.of_pairs(rising).spearman == pytest.approx(1)
    falling = Calibration.of_pairs([(6 - score, rate) for score, rate in rising])
    assert falling.spearman == pytest.approx(-1)
    assert not falling.informative


@pytest.mark.parametrize("size", [40, 200])
def test_random_scores_inform_as_rarely_as_they_should(size: int) -> None:
    dealer = random.Random(1)
    trials = [
        Calibration.of_pairs([(dealer.randint(1, 5), dealer.choice([0.0, 0.5, 1.0])) for _ in range(size)])
        for _ in range(100)
    ]
    assert sum(each.informative for each in trials) <= 12


def test_a_tree_counts_where_there_is_a_score_and_a_report() -> None:
    passed = TestResult(name="1", verdict=Verdict.PASS)
    report = ExecutionReport(results=(passed,))
    tree = Tree(
        [
            Candidate(id="0", round=0, hint="", report=report, process=5),
            Candidate(id="1", round=0, hint="", report=report),
            Candidate(id="2", round=0, hint="", process=1),
        ]
    )
    calibration = Calibration.of(tree)
    assert (calibration.pairs, calibration.confusion) == (1, {5: Confusion(all=1)})
