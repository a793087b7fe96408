"""Compare estimates with values worked out by hand, and intervals with the share that they claim to cover."""

import itertools
import statistics
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orps_agent.bench.analysis.estimates import (
    RESAMPLES,
    Estimate,
    mean_estimate,
    median_estimate,
    median_places,
    pass_at_k,
    share_estimate,
)

values = st.lists(st.floats(0, 1), min_size=6, max_size=20)


@pytest.mark.parametrize(
    ("samples", "solved", "k", "chance"),
    [(5, 1, 1, 1 / 5), (5, 2, 2, 7 / 10), (10, 3, 5, 11 / 12), (4, 0, 4, 0), (4, 4, 1, 1), (8, 1, 8, 1)],
)
def test_pass_at_k_is_what_counting_by_hand_gives(samples: int, solved: int, k: int, chance: float) -> None:
    assert pass_at_k(samples, solved, k) == pytest.approx(chance)


@given(st.data())
def test_pass_at_k_is_the_share_of_choices_with_a_right_one(data: st.DataObject) -> None:
    samples = data.draw(st.integers(1, 9))
    solved, k = data.draw(st.integers(0, samples)), data.draw(st.integers(1, samples))
    choices = list(itertools.combinations([True] * solved + [False] * (samples - solved), k))
    assert pass_at_k(samples, solved, k) == pytest.approx(sum(map(any, choices)) / len(choices))


@pytest.mark.parametrize(("samples", "solved", "k"), [(3, 1, 4), (3, 1, 0), (3, 4, 1), (3, -1, 1), (0, 0, 1)])
def test_pass_at_k_of_too_few_samples_is_refused(samples: int, solved: int, k: int) -> None:
    with pytest.raises(ValueError, match="has no meaning"):
        pass_at_k(samples, solved, k)


def exact_places(size: int) -> dict[tuple[int, int], float]:
    """Return the middle places of all resamples there are, each as often as it is."""
    lower, upper = (size - 1) // 2, size // 2
    draws = [sorted(draw) for draw in itertools.product(range(size), repeat=size)]
    return {pair: count / len(draws) for pair, count in Counter((each[lower], each[upper]) for each in draws).items()}


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
def test_the_middles_of_resamples_lie_where_those_of_all_possible_ones_do(size: int) -> None:
    drawn, exact = Counter(median_places(size)), exact_places(size)
    assert drawn.keys() <= exact.keys()
    for pair, share in exact.items():
        assert drawn[pair] / RESAMPLES == pytest.approx(share, abs=0.02)


def test_a_median_of_three_hits_the_outer_values_in_7_of_27_resamples() -> None:
    assert exact_places(3) == pytest.approx({(0, 0): 7 / 27, (1, 1): 13 / 27, (2, 2): 7 / 27})


@given(values)
def test_an_interval_holds_its_value_and_stays_among_the_values(found: list[float]) -> None:
    for estimate, value in ((share_estimate(found), statistics.fmean(found)), (median_estimate(found), None)):
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.value is not None
        assert estimate.low <= estimate.value + 1e-9
        assert estimate.value <= estimate.high + 1e-9
        assert value is None or estimate.value == pytest.approx(value)
        assert -1e-9 <= estimate.low <= estimate.high <= 1 + 1e-9
    assert median_estimate(found).value == statistics.median(found)


@given(values, st.floats(0.5, 2))
def test_estimates_scale_with_their_values(found: list[float], factor: float) -> None:
    plain, scaled = median_estimate(found), median_estimate([factor * value for value in found])
    assert scaled.high == pytest.approx(factor * (plain.high or 0))
    plain = mean_estimate(found, least=0, most=1)
    scaled = mean_estimate([factor * value for value in found], least=0, most=factor)
    assert scaled.low == pytest.approx(factor * (plain.low or 0), abs=1e-9)


def test_few_problems_give_no_interval_and_none_no_value() -> None:
    assert share_estimate([1.0, 0.0, 0.0, 0.0]) == Estimate(value=0.25, problems=4)
    assert median_estimate([3.0, 1.0, 9.0]) == Estimate(value=3, problems=3)
    assert median_estimate([]) == share_estimate([]) == Estimate(value=None, problems=0)


def test_problems_that_all_agree_do_not_prove_that_others_would() -> None:
    """0 of 10: with 30.8% or more solved, none of 10 would be in 2.5% of cases at most (Clopper & Pearson)."""
    nothing, everything = share_estimate([0.0] * 10), share_estimate([1.0] * 10)
    assert (nothing.low, nothing.high) == pytest.approx((0, 0.308497), abs=1e-5)
    assert (everything.low, everything.high) == pytest.approx((1 - 0.308497, 1), abs=1e-5)
    same = mean_estimate([0.0] * 10, least=-1, most=1)
    assert (same.low, same.high) == pytest.approx((-0.308497, 0.308497), abs=1e-5)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    dealer = Random(7)
    shares = [share_estimate([float(dealer.random() < 0.3) for _ in range(50)]) for _ in range(100)]
    assert sum((each.low or 0) <= 0.3 <= (each.high or 0) for each in shares) >= 89
    medians = [median_estimate([dealer.expovariate(1) for _ in range(51)]) for _ in range(300)]
    assert 0.91 <= sum((each.low or 0) <= 0.693147 <= (each.high or 0) for each in medians) / 300 <= 0.985
