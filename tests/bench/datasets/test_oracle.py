"""Compare what counts as right in tests made from inputs with what EvalPlus and the contests accept."""

from __future__ import annotations

from typing import Any

import pytest

from orps_agent.bench.datasets.oracle import expected_from, like


def accepts(
    source: str, name: str, given: tuple[Any, ...], result: Any, *, atol: float = 0.0, mbpp: bool = True
) -> bool:
    wanted = expected_from(source, name, atol, mbpp)(given)
    right = result == wanted
    assert (wanted == result) is right
    return right


def constant(value: Any, name: str = "f") -> str:
    return f"def {name}(*given): return {value!r}"


@pytest.mark.parametrize(
    ("value", "result", "atol", "right"),
    [
        (3, 3, 0.0, True),
        (3, 4, 0.0, False),
        (3, 4, 1.0, True),
        (3, 3.0, 0.0, True),
        (3, "3", 1.0, False),
        (0.5, 0.5 + 5e-7, 0.0, True),
        (0.5, 0.5 + 5e-6, 0.0, False),
        (0.5, 0.5 + 5e-6, 1e-5, True),
        (1e9, 1e9 + 50, 0.0, True),
        (1e9, 1e9 + 500, 0.0, False),
        ([0.5, 1.0], [0.5, 1.0000001], 0.0, True),
        ([0.5, 1], [0.5000001, 1], 0.0, False),
        ([0.5, 1.0], (0.5000001, 1.0), 0.0, False),
        ([0.5, 1.0], [0.5], 1e-3, False),
        ([(0.5, 1.0)], [(0.5, 1.0001)], 1e-3, True),
        ([], [], 0.0, True),
        ([], [0.0], 0.0, False),
        ("a", "b", 1.0, False),
        (None, None, 0.0, True),
        (None, 0, 1.0, False),
        (float("inf"), float("inf"), 0.0, True),
        (float("inf"), 1e308, 1e-6, False),
    ],
)
def test_results_are_equal_or_close(value: Any, result: Any, atol: float, right: bool) -> None:
    source = constant(value).replace("inf", "float('inf')")
    assert accepts(source, "f", (1,), result, atol=atol) is right


def test_what_evalplus_judges_otherwise() -> None:
    assert accepts(constant([1, 2, 2], "Diff"), "Diff", (), [2, 1])
    assert not accepts(constant([1, 2], "Diff"), "Diff", (), [2, 1], mbpp=False)
    assert accepts("import re\ndef check_str(s): return re.match('a', s)", "check_str", ("ab",), True)
    assert not accepts("import re\ndef check_str(s): return re.match('a', s)", "check_str", ("b",), object())
    assert accepts(constant(7, "sum_div"), "sum_div", (8,), 0)
    assert not accepts(constant(7, "sum_div"), "sum_div", (8,), 1)
    assert accepts(constant(True, "are_equivalent"), "are_equivalent", (1, 2), False)
    assert accepts(constant(0, "digit_distance_nums"), "digit_distance_nums", (23, 156), 1 + 3 + 3)
    assert accepts(constant(0, "surface_Area"), "surface_Area", (6, 4), 36 + 12 * 5)


class Zero(float):
    """Says of itself, times anything, that it is nothing."""

    def __pow__(self, other: object) -> float:  # type: ignore[override]
        return 0.0


def test_any_root_of_the_polynomial_will_do() -> None:
    source = constant(2.0, "find_zero")
    for result, right in ((3.0, True), (2, True), (2.5, False), ("2", False), (Zero(), False)):
        assert accepts(source, "find_zero", ([6.0, -5.0, 1.0],), result, atol=1e-4, mbpp=False) is right


def test_the_canonical_solution_may_change_its_arguments() -> None:
    given = ([3, 1],)
    assert accepts("def f(xs):\n    xs.sort()\n    return xs", "f", given, [1, 3])
    assert given == ([3, 1],)


def test_tuples_are_as_good_as_lists_for_the_contests() -> None:
    assert like([1, [2, 3]]) == (1, (2, 3))
    assert like([1, 2]) != [2, 1]
    assert like(4, [4]) == [4]
    assert like(4) != [4]
    assert repr(like([1, 2], 3)) == "[1, 2]"


def test_expected_values_are_shown_as_they_are() -> None:
    assert repr(expected_from(constant([0.5]), "f", 0.0, True)(())) == "[0.5]"
