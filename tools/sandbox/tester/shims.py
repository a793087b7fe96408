"""Provide the part of pytest that a test needs when it runs alone: raises, approx, fail, skip, parametrize.

It always stands in for pytest, so that a verdict does not depend on what is installed beside the solution.
"""

from __future__ import annotations

import functools
import math
import re
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

_Test = Callable[..., Any]


class Approx:
    """Equal whatever is close to the given number, sequence or mapping."""

    def __init__(self, expected: Any, rel: float | None = None, abs: float | None = None) -> None:  # noqa: A002
        self._expected = expected
        self._rel = 1e-6 if rel is None and abs is None else rel or 0.0
        self._abs = 1e-12 if abs is None else abs

    def __eq__(self, actual: object) -> bool:
        return self._close(actual, self._expected)

    def __ne__(self, actual: object) -> bool:
        return not self == actual

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"approx({self._expected!r})"

    def _close(self, actual: Any, expected: Any) -> bool:
        if isinstance(expected, Mapping):
            return (
                isinstance(actual, Mapping)
                and actual.keys() == expected.keys()
                and all(self._close(actual[key], value) for key, value in expected.items())
            )
        if isinstance(expected, (int, float)):
            return isinstance(actual, (int, float)) and math.isclose(
                actual, expected, rel_tol=self._rel, abs_tol=self._abs
            )
        if hasattr(expected, "tolist"):
            return hasattr(actual, "tolist") and self._close(actual.tolist(), expected.tolist())
        if isinstance(expected, Sequence) and not isinstance(expected, str):
            return (
                isinstance(actual, Sequence)
                and len(actual) == len(expected)
                and all(map(self._close, actual, expected))
            )
        return bool(actual == expected)


class Raises:
    """Require that an exception of the given class leaves the context."""

    def __init__(self, kinds: Any, match: str | None = None) -> None:
        self._kinds = kinds
        self._match = match
        self.value: BaseException | None = None

    def __enter__(self) -> Raises:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if error is None:
            raise AssertionError(f"did not raise {self._kinds!r}")
        if not isinstance(error, self._kinds):
            return False
        if self._match is not None and not re.search(self._match, str(error)):
            raise AssertionError(f"{str(error)!r} does not match {self._match!r}")
        self.value = error
        return True

    @property
    def type(self) -> type[BaseException]:
        """Return the class of the raised exception."""
        return type(self.value)  # type: ignore[return-value]


def raises(kinds: Any, *call: Any, match: str | None = None, **keywords: Any) -> Raises:
    """Expect an exception: `with raises(ValueError):`, or `raises(ValueError, function, argument)`."""
    context = Raises(kinds, match)
    if call:
        with context:
            call[0](*call[1:], **keywords)
    return context


class Param:
    """Hold one case of `parametrize`; its marks have no effect here."""

    def __init__(self, *values: Any, **_: Any) -> None:
        self.values = values


def parametrize(
    names: str | Sequence[str], cases: Iterable[Any], **_: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Call the test once for every case, when it is called without these arguments."""
    keys = [each.strip() for each in names.split(",")] if isinstance(names, str) else list(names)

    def decorate(test: _Test) -> _Test:
        @functools.wraps(test)
        def every_case(*arguments: Any, **keywords: Any) -> None:
            if arguments or keys[0] in keywords:
                test(*arguments, **keywords)
                return
            for case in cases:
                values = case.values if isinstance(case, Param) else case if len(keys) > 1 else [case]
                test(**dict(zip(keys, values, strict=True)), **keywords)

        return every_case

    return decorate


def fail(reason: str = "") -> None:
    """Fail the test."""
    raise AssertionError(reason)


def install() -> None:
    """Make `import pytest` find this."""
    module: Any = types.ModuleType("pytest")
    module.raises, module.approx, module.fail = raises, Approx, fail
    module.param = Param
    module.mark = types.SimpleNamespace(parametrize=parametrize)
    sys.modules["pytest"] = module
