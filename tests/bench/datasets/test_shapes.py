"""Check that the types which JSON removed from MBPP+'s inputs are found again in the examples."""

from __future__ import annotations

from typing import Any

import pytest

from orps_agent.bench.datasets.shapes import example_shapes, restored


@pytest.mark.parametrize(
    ("examples", "given", "expected"),
    [
        ("f((3, 4), (5, 7))", [[1], []], ((1,), ())),
        ("f([(3, 5), (1, 7)])", [[[1, 2], [3]]], ([(1, 2), (3,)],)),
        ("f([(6, 24)], 6)", [[[1, 2]], 3], ([(1, 2)], 3)),
        ("f([5, 6], (9, 10))", [[1], [2]], ([1], (2,))),
        ("f(([1, 2], [3]))", [[[1], [2]]], (([1], [2]),)),
        ("f(((1, 3), (4, 5)), ((6, 7),))", [[[1, 2]], [[3, 4]]], (((1, 2),), ((3, 4),))),
        ("f((1, 5, (4, 6), 10))", [[1, [2, 3], [4]]], ((1, (2, 3), (4,)),)),
        ("f((4, (7, (2, 4)), 8))", [[1, [2, [3, [4, [5]]]]]], ((1, (2, (3, (4, (5,))))),)),
        ("f((1, 2, 3))", [[1, [2, 3]]], ((1, [2, 3]),)),
        ("f(('a', 5, [], True), 2)", [["a", [1], False], 1], (("a", [1], False), 1)),
        ("f({'a': (6.2, 70)}, 6.0)", [{"b": [1, 2]}, 5], ({"b": (1, 2)}, 5)),
        ("f([{1, 2}, {}, {}])", [[[1, 1], []]], ([{1}, {}],)),
        ("f(0, 1j)", ["2", "(1+2j)"], (2.0, 1 + 2j)),
        ("f('a')", ["1"], ("1",)),
        ("f(1)", ["abc"], ("abc",)),
        ("f(x, (1, 2))", [[1], [2]], ([1], [2])),
        ("f([(1, 2), [3, 4]])", [[[1, 2]]], ([[1, 2]],)),
        ("set(f((1,), [2])) == {2}", [[3], [4], [5]], ((3,), [4], [5])),
        ("g((1, 2))", [[1]], ([1],)),
        ("", [[1]], ([1],)),
    ],
)
def test_restored_inputs(examples: str, given: list[Any], expected: tuple[Any, ...]) -> None:
    found = restored(given, example_shapes(f"assert {examples} == 1" if examples else "", "f"))
    assert repr(found) == repr(expected)


def test_several_examples_are_taken_together() -> None:
    shapes = example_shapes("assert f((1, 2))\nassert f(()) == f((('a', 'b'), 3))", "f")
    assert restored([[[5, 6], 7]], shapes) == (((5, 6), 7),)
