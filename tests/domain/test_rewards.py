"""Compare rewards and winners with numbers worked out by hand from the paper's formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orps_agent.domain.candidate import Candidate
from orps_agent.domain.execution import (
    ExecutionReport,
    Metric,
    Metrics,
    NotAnalysable,
    StaticAnalysis,
    TestResult,
    Verdict,
)
from orps_agent.domain.rewards import decay, outcome_reward, winner


def result(name: str, *, passed: bool, **metrics: float) -> TestResult:
    measured = {key: Metric(value=value, source="test") for key, value in metrics.items()}
    return TestResult(
        name=name, verdict=Verdict.PASS if passed else Verdict.FAIL, metrics=Metrics.model_validate(measured)
    )


SMALL = StaticAnalysis(lines=50, ast_nodes=100, cyclomatic=1, cognitive=10)


def test_every_term_at_its_scale_scores_one_half() -> None:
    report = ExecutionReport(
        results=(result("1", passed=True, cpu_ns=1e7, instructions=1e5, branch_misses=1e3, page_faults=100),)
    )
    reward = outcome_reward(report, SMALL)
    # static = dynamic = (1/2 + 1/2 + 1/2 + 1/2) / 4, so ω = 1 * (1 + 0.25 + 0.25)
    assert reward.static == reward.dynamic == 0.5
    assert reward.value == 1.5
    assert reward.percent == 75


def test_worked_by_hand() -> None:
    report = ExecutionReport(
        results=(
            result("1", passed=True, cpu_ns=3e7, page_faults=0),
            result("2", passed=True, cpu_ns=5e7, page_faults=0),
            result("3", passed=False, cpu_ns=9e9, page_faults=10_000),
            result("4", passed=False),
        )
    )
    analysis = StaticAnalysis(lines=0, ast_nodes=300, cyclomatic=3, cognitive=0)
    reward = outcome_reward(report, analysis)
    # p = 2/4; mean time 4e7 -> 1/5; faults -> 1; dynamic = 0.6 over the two signals that are there
    # static = (1/4 + 1/4 + 1 + 1) / 4 = 0.625; ω = 0.5 * (1 + 0.3125 + 0.3)
    assert reward.dynamic == pytest.approx(0.6)
    assert reward.static == pytest.approx(0.625)
    assert reward.value == pytest.approx(0.80625)


def test_a_missing_signal_is_not_the_best_score() -> None:
    slow = result("1", passed=True, cpu_ns=1e8)
    with_time_only = outcome_reward(ExecutionReport(results=(slow,)), SMALL)
    assert with_time_only.dynamic == pytest.approx(decay(1e8, 1e7))
    missing = next(part for part in with_time_only.parts if part.name == "instructions")
    assert (missing.raw, missing.score, missing.weight) == (None, None, 0)


def test_a_missing_group_leaves_its_half_to_the_other() -> None:
    report = ExecutionReport(results=(result("1", passed=True),))
    assert outcome_reward(report, SMALL).value == pytest.approx(1.5)
    assert outcome_reward(report, NotAnalysable(reason="too deep")).value == 1.0


def test_nothing_passed_is_nothing_earned() -> None:
    report = ExecutionReport(results=(result("1", passed=False, cpu_ns=0),))
    assert outcome_reward(report, SMALL).value == 0
    assert outcome_reward(ExecutionReport(), SMALL).value == 0


positive = st.floats(min_value=0, max_value=1e15)


@given(
    passed=st.lists(st.booleans(), min_size=1, max_size=6), cpu=positive, faults=positive, nodes=st.integers(0, 10**9)
)
def test_stays_within_its_bounds(passed: list[bool], cpu: float, faults: float, nodes: int) -> None:
    results = tuple(result(str(n), passed=ok, cpu_ns=cpu, page_faults=faults) for n, ok in enumerate(passed))
    analysis = StaticAnalysis(lines=nodes, ast_nodes=nodes, cyclomatic=nodes, cognitive=nodes)
    reward = outcome_reward(ExecutionReport(results=results), analysis)
    assert reward.pass_rate <= reward.value <= 2 * reward.pass_rate


def candidate(id_: str, *, passed: int, cpu: float | None = None, process: int | None = None) -> Candidate:
    extra = {} if cpu is None else {"cpu_ns": cpu}
    results = tuple(result(str(n), passed=n < passed, **extra) for n in range(4))
    report = ExecutionReport(results=results)
    return Candidate(
        id=id_,
        round=id_.count("."),
        hint="h",
        code="c",
        report=report,
        outcome=outcome_reward(report, SMALL),
        process=process,
    )


def test_winner_by_pass_rate_then_time() -> None:
    tree = [
        candidate("0", passed=3, cpu=1),
        candidate("1", passed=4, cpu=90),
        candidate("1.0", passed=4, cpu=50),
        candidate("2", passed=4),  # not measured: behind those that are
    ]
    assert winner([each.outline for each in tree], ("pass_rate", "time", "omega")) == tree[2].outline


def test_winner_by_another_order() -> None:
    tree = [candidate("0", passed=4, cpu=1, process=2), candidate("1", passed=1, cpu=1, process=5)]
    assert winner([each.outline for each in tree], ("rho",)) == tree[1].outline


def test_ties_go_to_the_lower_path() -> None:
    tree = [candidate("10", passed=4, cpu=1), candidate("9", passed=4, cpu=1), candidate("9.0", passed=4, cpu=1)]
    assert winner([each.outline for each in tree], ("pass_rate", "time")) == tree[1].outline


def test_without_code_there_is_no_winner() -> None:
    assert winner([Candidate(id="0", round=0, hint="h", code="").outline], ("pass_rate",)) is None
