"""Check the laws of the relative measures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orps_agent.bench.analysis.measures import AS_GOLD, CAP, NAMES, quotient, relative, source
from orps_agent.bench.record import DYNAMIC, STATIC, Costs
from tests.support.bench.made_up_records import GOLD, costs, record

names = st.sampled_from((*DYNAMIC, *STATIC))
amounts = st.floats(1e-3, 1e9)


def test_every_cost_has_a_name() -> None:
    assert NAMES.keys() == {*DYNAMIC, *STATIC}


@given(names, amounts)
def test_the_gold_solution_against_itself_is_100(name: str, amount: float) -> None:
    gold = costs(**{name: amount})
    assert relative(record(winner=gold, gold=gold), name) == AS_GOLD


@given(names, amounts, st.floats(0.01, 9.9))
def test_it_is_in_proportion_to_the_winners_cost_and_to_nothing_of_the_machine(
    name: str, amount: float, factor: float
) -> None:
    found = record(winner=costs(**{name: amount * factor}), gold=costs(**{name: amount}))
    assert relative(found, name) == pytest.approx(AS_GOLD * factor)


@given(names, st.floats(0, 1e6), st.integers(0, 7))
def test_it_lies_between_0_and_ten_times_the_gold(name: str, factor: float, passed: int) -> None:
    value = relative(record(winner=costs(factor), passed=passed, tests=7), name)
    assert value is not None
    assert 0 <= value <= CAP


@given(names, st.integers(1, 6))
def test_passing_less_costs_more(name: str, passed: int) -> None:
    assert relative(record(passed=passed, tests=7), name) == pytest.approx(min(CAP, AS_GOLD * 7 / passed))


@pytest.mark.parametrize("winner", [None, costs(0.1), Costs(values={name: GOLD[name] for name in STATIC})])
@pytest.mark.parametrize("name", ["cpu_ns", "lines"])
def test_a_winner_that_passes_nothing_is_the_worst_whatever_it_costs(winner: Costs | None, name: str) -> None:
    assert relative(record(passed=0, valid=False, winner=winner), name) == CAP


@pytest.mark.parametrize("passed", [0, 4])
@pytest.mark.parametrize("name", ["instructions", "cognitive"])
def test_without_a_gold_solution_or_a_signal_of_it_nothing_is_known(passed: int, name: str) -> None:
    lacking = Costs(values={other: value for other, value in GOLD.items() if other != name})
    for gold in (None, lacking):
        assert relative(record(gold=gold, passed=passed), name) is None
        assert source(record(gold=gold), name) is None


def test_what_the_winner_lacks_is_missing_not_0() -> None:
    lacking = Costs(values={"lines": 3.0})
    assert relative(record(winner=lacking), "cpu_ns") is None
    assert relative(record(winner=lacking), "lines") == pytest.approx(100 * 3 / 9)
    assert relative(record(winner=None, passed=2), "lines") is None


def test_two_sources_are_never_compared() -> None:
    other = costs(0.5, sources={"cpu_ns": "wall clock"})
    assert relative(record(winner=other), "cpu_ns") is None
    assert quotient(record(winner=other), "cpu_ns") is None
    assert relative(record(winner=other), "page_faults") == 50


def test_a_gold_of_0_is_as_good_as_it_gets() -> None:
    assert relative(record(winner=costs(cognitive=0.0), gold=costs(cognitive=0.0)), "cognitive") == AS_GOLD
    assert relative(record(winner=costs(cognitive=1.0), gold=costs(cognitive=0.0)), "cognitive") == CAP
