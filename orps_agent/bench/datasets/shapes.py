"""Recover the Python types that JSON took from a task's inputs, from examples of calls.

MBPP+ stores tuples and sets as lists and complex numbers as texts. The asserts that come with each task show the
types: where `f((1, 2), [3])` is an example, the inputs `[[5, 6], [7]]` mean `(5, 6)` and `[7]`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from orps_agent.problems.problem_file import parse_python

_NUMBERS = frozenset({int, float, complex})
_CONTAINERS = frozenset({list, tuple, set, dict})


@dataclass(frozen=True)
class Shape:
    """Hold the types that occur in one place of the examples, and the shape of the values inside of them."""

    kinds: frozenset[type]
    inside: Shape | None

    def restore(self, value: Any) -> Any:
        """Return the value with the types that it has in the examples."""
        if isinstance(value, dict):
            return {key: self._inner(each) for key, each in value.items()}
        if isinstance(value, list):
            return self._container([self._inner(each) for each in value])
        is_number = isinstance(value, str) and str not in self.kinds and self.kinds & _NUMBERS
        return _number(value) if is_number else value

    def _container(self, items: list[Any]) -> Any:
        if list in self.kinds or not self.kinds & {tuple, set}:
            return items
        if tuple in self.kinds:
            return tuple(items)
        return set(items) if items or dict not in self.kinds else {}

    def _inner(self, value: Any) -> Any:
        return (self.inside or self).restore(value)


def example_shapes(code: str, name: str) -> list[Shape]:
    """Return the shape of each argument over all calls of the function whose arguments are literals.

    Raises ProblemError when the code is not Python.
    """
    positions: list[list[Any]] = []
    for call in ast.walk(parse_python(code, "the examples")):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == name:
            with suppress(ValueError):  # an argument that is no literal shows nothing
                values = [ast.literal_eval(argument) for argument in call.args]
                positions += [[] for _ in values[len(positions) :]]
                for position, value in zip(positions, values, strict=False):
                    position.append(value)
    return [_shape(values) for values in positions]


def restored(arguments: Sequence[Any], shapes: Sequence[Shape]) -> tuple[Any, ...]:
    """Return the arguments with the types of the examples; arguments without examples are unchanged."""
    known = tuple(shape.restore(value) for value, shape in zip(arguments, shapes, strict=False))
    return (*known, *arguments[len(known) :])


def _shape(values: Sequence[Any], around: tuple[frozenset[type], ...] = ()) -> Shape:
    kinds = frozenset(map(type, values))
    if not kinds & _CONTAINERS and len(around) > 1 and all(tuple in each for each in around[-2:]):
        kinds |= {tuple}  # tuples in tuples may nest deeper in the inputs than they do in the examples
    inner = [each for value in values for each in _items(value)]
    return Shape(kinds, _shape(inner, (*around, kinds)) if inner else None)


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, tuple, set)) else ()


def _number(text: str) -> Any:
    """Return the number that a text spells, or the text where it spells none."""
    with suppress(ValueError):
        number = complex(text)
        return number if number.imag or "j" in text else number.real
    return text
