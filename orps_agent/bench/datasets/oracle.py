"""What a benchmark's own harness takes for right.

The text of this file is the setup of tests that are made from inputs, and runs where they do: in the tester, far from
the solution. Its names are therefore private but for `expected_from` and `like`, and it imports nothing of ours.
"""

import copy as _copy
import math as _math
from collections.abc import Callable as _Callable
from typing import Any as _Any

inf, nan = _math.inf, _math.nan  # as `repr` writes them in the inputs
_RELATIVE = 1e-7  # EvalPlus compares floats within atol + 1e-7 * |expected|
_PRESENCE = ("check_str", "text_match_three", "text_starta_endb")
_SETS = (
    *("similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly"),
    *("larg_nnum", "intersection_array", "find_dissimilar", "Diff"),
)


class _Wanted:
    """Equals whatever is accepted; shown as the value that was expected."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: _Any, accepts: _Callable[[_Any], bool]) -> None:
        self._value = value
        self._accepts = accepts

    def __eq__(self, result: object) -> bool:
        return self._accepts(result)

    def __repr__(self) -> str:
        return repr(self._value)


def like(*values: _Any) -> _Wanted:
    """Any of these values; a tuple is as good as a list, because JSON has no tuples."""
    return _Wanted(values[0], lambda result: any(_lists(result) == _lists(value) for value in values))


def expected_from(source: str, name: str, atol: float, mbpp: bool) -> _Callable[[tuple[_Any, ...]], _Wanted]:
    """A function from arguments to what the canonical solution makes of them, compared the way EvalPlus does."""
    space: dict[str, _Any] = {"__name__": "canonical_solution"}
    exec(source, space)  # noqa: S102 - the dataset's own solution, which decides here what is right

    def expected(given: tuple[_Any, ...]) -> _Wanted:
        given = _copy.deepcopy(given)
        value = space[name](*_copy.deepcopy(given))
        if name == "find_zero" and not mbpp:
            return _Wanted(value, lambda result: _is_root(result, given[0], atol))
        if mbpp and name in _PRESENCE:
            return _Wanted(value, lambda result: _found(result) == _found(value))
        if mbpp and name in _SETS:
            return _Wanted(value, lambda result: set(result) == set(value))
        also = _ALSO[name](*given) if mbpp and name in _ALSO else value
        return _Wanted(value, lambda result: result == also or _close(result, value, atol))

    return expected


def _lists(value: _Any) -> _Any:
    return [_lists(each) for each in value] if isinstance(value, (list, tuple)) else value


def _close(result: _Any, value: _Any, atol: float) -> bool:
    """Equal, or of one type and close: floats always a little, anything else where the problem says how much."""
    if result == value:
        return True
    items = value if isinstance(value, (list, tuple)) else [value]
    if atol == 0 and items and all(isinstance(each, float) for each in items):
        atol = 1e-6
    return atol > 0 and type(result) is type(value) and _near(result, value, atol)


def _near(result: _Any, value: _Any, atol: float) -> bool:
    if isinstance(value, (list, tuple)):
        same_length = isinstance(result, (list, tuple)) and len(result) == len(value)
        return same_length and all(_near(*pair, atol) for pair in zip(result, value, strict=True))
    if isinstance(value, (int, float, complex)) and isinstance(result, (int, float, complex)):
        return result == value or abs(result - value) <= atol + _RELATIVE * abs(value) < inf
    return bool(result == value)


def _found(value: _Any) -> bool:
    """Whether a search found something, for functions that may as well return the match as True or False."""
    return value if type(value) is bool else value is not None


def _is_root(x: _Any, coefficients: _Any, atol: float) -> bool:
    """Whether the polynomial is near zero there; x has to be data, as an object could be another number each time."""
    terms = (coefficient * x**power for power, coefficient in enumerate(coefficients))
    return type(x) in (int, float) and abs(sum(terms)) <= atol


class _Anything:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


_ALSO: dict[str, _Callable[..., _Any]] = {
    "are_equivalent": lambda *_: _Anything(),
    "sum_div": lambda *_: 0,
    "digit_distance_nums": lambda one, other: sum(
        abs(int(a) - int(b))
        for a, b in zip(str(one).zfill(len(str(other))), str(other).zfill(len(str(one))), strict=True)
    ),
    "surface_Area": lambda base, height: round(base**2 + 2 * base * _math.hypot(base / 2, height)),
}
"""Further results that EvalPlus takes on MBPP, where the statement leaves open which is meant."""
