"""Compare two series of measurements, and merge repeated ones into a report."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orps_agent.domain.artifact import Program
from orps_agent.domain.execution import ExecutionReport, Metric, Metrics, TestResult, Verdict
from orps_agent.domain.problem import Limits, SnippetTest, TestSuite
from orps_agent.settings import ExecutorSettings
from orps_agent.tools.executor import SplitExecutor, compare
from orps_agent.tools.executor.measurement import compare_runs, doubtful, merge

TIMES = st.lists(st.floats(min_value=1, max_value=1e12), min_size=1, max_size=30)


def test_a_clear_difference_is_put_into_words() -> None:
    theirs = [131.0, 127.0, 135.0, 130.0, 131.0, 132.0, 131.0, 131.0]
    assert str(compare([100.0] * 8, theirs)) == "1.31x faster (1.27 to 1.35)"
    assert str(compare(theirs, [100.0] * 8)) == "1.31x slower (1.27 to 1.35)"


def test_noise_is_not_a_difference() -> None:
    assert (
        str(compare([100.0, 90.0, 110.0, 95.0, 105.0, 100.0], [95.0, 105.0, 100.0, 100.0, 90.0, 110.0]))
        == "not distinguishable"
    )


def test_too_few_repeats_prove_nothing() -> None:
    comparison = compare([1.0] * 5, [9.0] * 5)
    assert (comparison.ratio, comparison.low, comparison.high) == (9.0, 0.0, math.inf)
    assert str(comparison) == "not distinguishable"


@given(times=TIMES)
def test_a_solution_is_never_faster_than_itself(times: list[float]) -> None:
    assert not compare(times, times).distinguishable


@pytest.mark.parametrize(("ours", "theirs"), [([], []), ([1.0], [1.0, 2.0]), ([0.0], [1.0])])
def test_series_that_cannot_be_compared_are_refused(ours: list[float], theirs: list[float]) -> None:
    with pytest.raises(ValueError, match="equally long"):
        compare(ours, theirs)


def test_only_tests_that_both_always_pass_are_compared() -> None:
    assert compare_runs([{"a": 1.0}], [{"b": 1.0}]) is None
    comparison = compare_runs([{"a": 1.0, "b": 50.0}] * 8, [{"a": 3.0}] * 8)
    assert comparison is not None
    assert comparison.ratio == 3.0


def report_of(*values: float, source: str = "clock") -> ExecutionReport:
    results = tuple(
        TestResult(name=str(place), verdict=Verdict.PASS, metrics=Metrics(cpu_ns=Metric(value=value, source=source)))
        for place, value in enumerate(values)
    )
    return ExecutionReport(results=results, tier=1)


def test_repeats_keep_the_least_and_tell_the_spread() -> None:
    merged = merge(merge(report_of(10.0, 40.0), [1], report_of(20.0)), [1], report_of(30.0))
    metrics = [result.metrics.cpu_ns for result in merged.results]
    assert metrics == [Metric(value=10.0, source="clock"), Metric(value=20.0, source="clock", spread=1.0)]


def test_two_sources_are_never_compared() -> None:
    assert merge(report_of(10.0), [0], report_of(1.0, source="another")) == report_of(10.0)


def test_short_tests_are_the_doubtful_ones() -> None:
    assert doubtful(report_of(1e6, 1e9), 0.02) == [0]


async def test_a_contest_tells_a_fast_solution_from_a_slow_one() -> None:
    suite = TestSuite(tests=(SnippetTest(name="1", code="assert f(9) == 9"),))
    slow = Program("def f(n):\n    for _ in range(1_000_000): pass\n    return n")
    async with SplitExecutor(ExecutorSettings(slots=2)) as executor:
        found = await executor.contest(
            Program("def f(n): return n"), slow, suite, entry_points=("f",), limits=Limits(), rounds=6
        )
    assert found is not None
    assert found.ratio > 1
