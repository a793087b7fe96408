"""Read literals in source: their values, how alike two of them are, and how much one gives away."""

from __future__ import annotations

import ast
import math
from contextlib import suppress
from dataclasses import dataclass

from orps_agent.util.syntax import quiet

from .source import FAULTS

SHOWN = 40


@dataclass(frozen=True)
class Literal:
    """Hold a value written out in source, compared by meaning: 2 equals 2.0, [2] equals (2,), but True is not 1."""

    text: str
    inside: str
    """The text of what the string spells, when it is one that spells a display: `repr(x) == "[1, 2]"`."""
    bits: float
    is_text: bool

    def __str__(self) -> str:
        return self.text if len(self.text) <= SHOWN else f"{self.text[: SHOWN - 3]}..."


def literal(node: ast.AST | None) -> Literal | None:
    """Return the node's value when it is written out, as a constant or a display of constants."""
    if not isinstance(node, ast.expr):
        return None
    try:
        value = ast.literal_eval(node)
        text, inside = _text(value), _text(value)
        if isinstance(value, str) and value.startswith(("[", "(", "{")):
            with quiet(), suppress(*FAULTS):
                inside = _text(ast.literal_eval(value))
        return Literal(text=text, inside=inside, bits=_bits(value), is_text=isinstance(value, str | bytes))
    except (*FAULTS, TypeError, OverflowError):
        return None


def _text(value: object) -> str:
    """Return an ASCII spelling that is the same for values that compare equal."""
    match value:
        case float() if value.is_integer():
            return ascii(int(value))
        case dict():
            return "{" + ", ".join(sorted(f"{_text(k)}: {_text(v)}" for k, v in value.items())) + "}"
        case set() | frozenset():
            return "{" + ", ".join(sorted(map(_text, value))) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_text, value)) + "]"
    return ascii(value)


def _bits(value: object) -> float:
    """Estimate how unlikely the same value is elsewhere, in bits: nothing for None, True, 0, "" and []."""
    match value:
        case int() if not isinstance(value, bool):
            return math.log2(abs(value) + 1)
        case float():
            return math.log2(min(abs(value), 1e300) + 1) + (0 if value.is_integer() else 7)
        case str() | bytes():
            return 4.0 * len(value)
        case dict():
            return sum(1 + _bits(key) + _bits(item) for key, item in value.items())
        case list() | tuple() | set():
            return sum(1 + _bits(item) for item in value)
    return 0.0
