"""Check which records a report puts together, which it keeps apart, and what it says about that."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orps_agent.bench import Record, Report, summarise_records
from orps_agent.bench.analysis.estimates import Estimate
from orps_agent.bench.analysis.report import Cell, GroupReport, ReportTable
from orps_agent.bench.record import Costs, Point, Sample
from tests.support.bench.made_up_records import GOLD, costs, record, run


def group_of(records: list[Record]) -> GroupReport:
    ((group,),) = ((*section.groups,) for section in summarise_records(records).sections)
    return group


def table(group: GroupReport, title: str) -> ReportTable:
    return next(each for each in group.tables if each.title.startswith(title))


def cell(group: GroupReport, title: str, row: str, column: str) -> Cell:
    found = table(group, title)
    at = [each.name for each in found.columns].index(column)
    return next(each[at] for each in found.rows if " ".join(str(name) for name in each).startswith(row))


def estimate(group: GroupReport, title: str, row: str, column: str) -> Estimate:
    found = cell(group, title, row, column)
    assert isinstance(found, Estimate)
    return found


def searches(method: str, solved: str, **changes: object) -> list[Record]:
    """Make one problem a letter: `+` solved, `-` not."""
    return [
        record(method=method, problem=f"p{at:03}", passed=4 if sign == "+" else 0, search=f"{method}{at}", **changes)
        for at, sign in enumerate(solved)
    ]


@settings(max_examples=6)
@given(st.randoms(use_true_random=False))
def test_the_order_of_records_decides_nothing(shuffler: random.Random) -> None:
    records = run(8, methods=("cot", "orps"))
    report = summarise_records(records)
    shuffler.shuffle(records)
    assert summarise_records(records) == report


@pytest.mark.parametrize("copies", [1, 3])
def test_a_database_that_is_merged_several_times_counts_once(copies: int) -> None:
    records = run(7, seeds=(0,))
    report = summarise_records(records * copies)
    assert report.searches == len(records)
    assert report.sections == summarise_records(records).sections
    assert bool(report.notes) == (copies > 1)


def test_of_a_search_that_went_on_only_the_end_counts() -> None:
    early, late = record(calls=20, passed=1), record(calls=40)
    report = summarise_records([late, early])
    assert report.searches == 1
    assert estimate(report.sections[0].groups[0], "Correctness", "orps", "Pass@1").value == 1


def test_no_records_make_an_empty_report() -> None:
    assert summarise_records([]) == Report(searches=0, notes=(), sections=())


@pytest.mark.parametrize(
    ("change", "sections"),
    [
        ({"dataset": "mbpp"}, 2),
        ({"regime": "real"}, 2),
        ({"programmer": "other"}, 1),
        ({"critic": "other"}, 1),
        ({"budget": "100 calls"}, 1),
        ({"tier": 2}, 1),
    ],
)
def test_what_differs_in_its_setup_is_never_put_together(change: dict[str, object], sections: int) -> None:
    """The second method solves everything, so that its problems would show up in the first's numbers."""
    report = summarise_records(searches("cot", "-" * 8) + searches("cot", "+" * 8, **change))
    assert len(report.sections) == sections
    groups = [group for section in report.sections for group in section.groups]
    assert {estimate(group, "Correctness", "cot", "Pass@1").value for group in groups} == {0, 1}
    assert all(estimate(group, "Correctness", "cot", "searches").value == 8 for group in groups)
    labels = {(section.title, group.label) for section in report.sections for group in section.groups}
    assert len(labels) == 2


def test_a_failure_without_a_tier_goes_with_the_others_of_its_run() -> None:
    nothing = searches("cot", "----", tier=None, winner=None, valid=False)
    right = [each.model_copy(update={"problem": f"q{at}"}) for at, each in enumerate(searches("cot", "++++"))]
    group = group_of(nothing + right)
    assert group.tier == 1
    assert estimate(group, "Correctness", "cot", "Pass@1").value == 0.5


def test_a_failure_that_fits_two_tiers_stands_alone() -> None:
    records = [*searches("cot", "+"), *searches("cot", "-", tier=2), *searches("cot", "--", tier=None)]
    (section,) = summarise_records(records).sections
    assert [group.tier for group in section.groups] == [None, 1, 2]


def test_costs_of_two_sources_are_in_tables_of_their_own() -> None:
    fast, slow = (costs(factor, sources={"cpu_ns": by}) for factor, by in ((2.0, "clock"), (4.0, "other clock")))
    gold = {by: costs(sources={"cpu_ns": by}) for by in ("clock", "other clock")}
    first = searches("cot", "++++++++", winner=fast, gold=gold["clock"])
    second = searches("cot", "++++++++", winner=slow, gold=gold["other clock"])
    second = [each.model_copy(update={"problem": f"q{at}"}) for at, each in enumerate(second)]
    group = group_of(first + second)
    tables = [each for each in group.tables if each.title.startswith("Cost of running")]
    assert [each.rows[0][1] for each in tables] == [
        Estimate(value=200, low=200, high=200, problems=8),
        Estimate(value=400, low=400, high=400, problems=8),
    ]
    assert "time by clock" in tables[0].notes[0]
    assert [mark.source for mark in group.marks] == ["clock", "other clock"]
    assert "time by clock" in group.label
    assert "time by other clock" in group.label


def test_methods_are_compared_on_the_problems_they_share() -> None:
    group = group_of(searches("cot", "++++----") + searches("orps", "----------++"))
    assert group.problems == 8
    assert estimate(group, "Correctness", "orps", "Pass@1").value == 0
    assert any("4 others that orps was run on are left out" in note for note in group.notes)


def test_methods_without_a_common_problem_are_not_compared() -> None:
    others = [each.model_copy(update={"problem": f"q{each.problem}"}) for each in searches("orps", "++")]
    (section,) = summarise_records(searches("cot", "--") + others).sections
    assert [group.methods for group in section.groups] == [("cot",), ("orps",)]
    assert all("no problem in common: cot, orps" in group.notes[0] for group in section.groups)
    assert not any(each.title.endswith("by pairs") for group in section.groups for each in group.tables)


def test_a_problem_with_other_tests_is_another_problem() -> None:
    group = group_of([*searches("cot", "++"), *searches("orps", "+-"), record(method="orps", problem="p001", tests=9)])
    assert group.problems == 2
    assert estimate(group, "Correctness", "orps", "searches").value == 2


def test_a_problem_counts_once_however_many_seeds_it_has() -> None:
    """p000 is solved by 3 of 3 seeds, the other by none of one: half, not three quarters."""
    solved = [record(problem="p000", seed=seed, search=str(seed)) for seed in (0, 1, 2)]
    group = group_of([*solved, record(problem="p001", passed=0, search="9")])
    assert estimate(group, "Correctness", "orps", "Pass@1") == Estimate(value=0.5, problems=2)
    assert group.seeds == (0, 1, 2)
    assert any(note.startswith("Of 6 searches by orps (problems times seeds) 2 are missing") for note in group.notes)


def test_relative_costs_are_medians_and_say_from_how_many_problems() -> None:
    """Of 7 problems 2 have no gold; the others cost 50, 100, 200, 800, and the cap for the one that fails."""
    factors = (0.5, 1.0, 2.0, 8.0)
    records = [record(problem=f"p{at}", search=f"{at}", winner=costs(factor)) for at, factor in enumerate(factors)]
    records += [record(problem="p4", search="4", passed=0, winner=None, valid=False)]
    records += [record(problem=f"p{at}", search=f"{at}", gold=None) for at in (5, 6)]
    group = group_of(records)
    assert estimate(group, "Cost of running", "orps", "time") == Estimate(value=200, problems=5)
    assert estimate(group, "Size", "orps", "AST nodes") == Estimate(value=200, problems=5)
    assert any(note.startswith("2 problems have no gold solution") for note in group.notes)


def test_a_signal_that_nothing_measured_has_no_column() -> None:
    lacking = Costs(values={name: GOLD[name] for name in ("cpu_ns", "lines")}, sources={"cpu_ns": "clock"})
    group = group_of([record(winner=lacking, gold=lacking)])
    assert [column.name for column in table(group, "Cost of running").columns] == ["method", "time"]


def test_pairs_that_differ_are_told_and_those_that_do_not_are_not_distinguishable() -> None:
    """9 problems only orps solves, 1 only cot: McNemar 22/1024, times 3 pairs; reflexion is as orps but for one."""
    group = group_of(
        searches("cot", "---------++") + searches("orps", "+++++++++-+") + searches("reflexion", "++++++++--+")
    )
    assert estimate(group, "Pass@1 by pairs", "cot orps", "difference").value == pytest.approx(-8 / 11)
    assert estimate(group, "Pass@1 by pairs", "cot orps", "chance").value == pytest.approx(22 / 1024)
    assert estimate(group, "Pass@1 by pairs", "cot orps", "corrected").value == pytest.approx(3 * 22 / 1024)
    assert cell(group, "Pass@1 by pairs", "cot orps", "in words") == "not distinguishable"
    alone = group_of(searches("cot", "---------++") + searches("orps", "+++++++++-+"))
    assert cell(alone, "Pass@1 by pairs", "cot orps", "in words") == "orps solves more"
    assert cell(group, "Pass@1 by pairs", "orps reflexion", "in words") == "not distinguishable"
    assert estimate(group, "Pass@1 by pairs", "orps reflexion", "chance").value == 1


def test_times_are_compared_where_both_solve() -> None:
    """cot takes twice orps' time on the 8 problems that both solve, and a tenth on those that it alone solves."""
    slow = searches("cot", "+" * 8, winner=costs(2.0))
    quick = [each.model_copy(update={"problem": f"q{at}"}) for at, each in enumerate(searches("cot", "++"))]
    failed = [each.model_copy(update={"problem": f"q{at}"}) for at, each in enumerate(searches("orps", "--"))]
    group = group_of([*slow, *quick, *searches("orps", "+" * 8), *failed])
    ratio = estimate(group, "Time by pairs", "cot orps", "ratio")
    assert (ratio.value, ratio.low, ratio.high, ratio.problems) == (pytest.approx(2),) * 3 + (8,)
    assert estimate(group, "Time by pairs", "cot orps", "chance").value == pytest.approx(2 / 2**8)
    assert cell(group, "Time by pairs", "cot orps", "in words") == "orps is faster"


def test_what_is_not_known_of_every_search_is_not_known_and_said() -> None:
    records = searches("cot", "++", cost=0.5)
    records[1] = records[1].model_copy(update={"cost": None})
    group = group_of(records + searches("orps", "++", cost=0.25))
    assert estimate(group, "Spent", "cot", "cost").value is None
    assert estimate(group, "Spent", "cot", "cost of all").value is None
    assert estimate(group, "Spent", "orps", "cost").value == 0.25
    assert estimate(group, "Spent", "orps", "cost of all").value == 0.5
    assert "Unknown: cost of 1 of 2 searches by cot." in table(group, "Spent").notes


def test_pass_at_k_counts_the_first_rounds_of_all_seeds() -> None:
    """Two seeds of 2 first-round candidates, of which one is right, and one of a later round, which does not count."""

    def sample(at: int, *, passed: int, round_: int = 0) -> Sample:
        return Sample(candidate=str(at), round=round_, visible=0, passed=passed)

    first = record(samples=(sample(0, passed=4), sample(1, passed=3), sample(2, passed=4, round_=1)))
    second = record(seed=1, search="b", samples=(sample(0, passed=0), sample(1, passed=0)))
    group = group_of([first, second])
    assert estimate(group, "pass@k", "orps", "pass@1").value == pytest.approx(1 / 4)
    assert estimate(group, "pass@k", "orps", "pass@2").value == pytest.approx(1 / 2)


def test_the_curve_is_pass_at_1_had_every_search_ended_there() -> None:
    """One search is right from 3 calls on, but loses it at 8 and has it back at 10; the other one from 5 on."""

    def points(*steps: tuple[int, int]) -> tuple[Point, ...]:
        return tuple(Point(candidates=at + 1, calls=calls, passed=passed) for at, (calls, passed) in enumerate(steps))

    first = record(problem="p1", calls=12, curve=points((1, 0), (3, 4), (8, 2), (10, 4)))
    group = group_of([first, record(problem="p2", calls=6, curve=points((5, 4)))])
    (curve,) = group.curves
    assert curve.points == ((1, 0), (3, 0.5), (5, 1), (8, 0.5), (10, 1), (12, 1))
    shares = [estimate(group, "Pass@1 by model calls", "orps", calls).value for calls in ("2", "5", "10", "12")]
    assert shares == [0, 1, 1, 1]


def test_the_critic_is_judged_by_the_held_back_tests() -> None:
    samples = tuple(
        Sample(candidate=str(at), round=0, visible=0.5, passed=passed, process=score)
        for at, (score, passed) in enumerate([(1, 0), (3, 2), (5, 4)] * 8)
    )
    group = group_of([record(samples=samples), record(method="cot")])
    (worth,) = group.worths
    assert (worth.method, worth.calibration.pairs) == ("orps", 24)
    assert worth.calibration.spearman == pytest.approx(1)
    assert cell(group, "The critic", "orps", "in words") == "hardly by chance"


def test_dots_say_what_every_method_passes_of_every_problem() -> None:
    records = [*searches("cot", "-+-"), *searches("orps", "-++")]
    records[2] = records[2].model_copy(update={"passed": 1})
    dots = group_of(records).dots
    assert dots.problems == ("p001", "p002", "p000")
    assert dict(zip(dots.methods, dots.passed, strict=True)) == {"cot": (1, 0.25, 0), "orps": (1, 1, 0)}


def test_the_noise_of_repeated_measurements_is_told() -> None:
    noisy = [costs().model_copy(update={"spreads": {"cpu_ns": spread}}) for spread in (0.01, 0.02, 0.09)]
    records = [
        record(problem=f"p{at}", winner=each, gold=costs(0).model_copy(update={"spreads": {}}))
        for at, each in enumerate(noisy)
    ]
    assert any(note.startswith("Noise of time") and "by 2.0% in the median" in note for note in group_of(records).notes)


def test_all_golds_score_100() -> None:
    group = group_of([record(problem=f"p{at}", winner=costs(1 + at), gold=costs(1 + at)) for at in range(8)])
    for title in ("Cost of running", "Size"):
        found = table(group, title)
        assert found.rows == (("orps", *[Estimate(value=100, low=100, high=100, problems=8)] * 4),)
