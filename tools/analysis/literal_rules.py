"""Find how a source uses literals: comparisons with them, results of branches, tables of them."""

from __future__ import annotations

import ast
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .literals import Literal, literal
from .source import Function

Arguments = typing.Literal["read", "ignored", "none"]
INEQUALITIES = (ast.NotEq, ast.IsNot, ast.NotIn, ast.Not)
EQUALITIES = (ast.Eq, ast.Is, ast.In, *INEQUALITIES)
MAX_RULES, MAX_CONDITIONS, MAX_DEPTH = 1000, 100, 8
DISPLAYS = (ast.List, ast.Tuple, ast.Set)
NESTING = (*DISPLAYS, ast.Dict, ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class LiteralRule:
    """Describe a literal that comes out after something was compared with these other literals."""

    line: int
    conditions: tuple[Literal, ...]
    result: Literal
    returned: bool
    """It is returned, yielded or printed, and not just kept under a name."""
    arguments: Arguments
    """Use that the surrounding function makes of its parameters; `none` when it has none."""


@dataclass(frozen=True)
class LiteralTable:
    """Describe a display of literals: its pairs of a key and a value, or its items alone."""

    line: int
    pairs: tuple[tuple[Literal, Literal], ...]
    items: tuple[Literal, ...]


@dataclass(frozen=True)
class SourcePlace:
    """Describe a place in the source: under which comparisons, in what kind of function, in a result or not."""

    conditions: tuple[Literal, ...] = ()
    arguments: Arguments = "read"
    returned: bool | None = None
    depth: int = 0
    """Number of displays and functions around it; below MAX_DEPTH each would be read once more for each."""

    def under(self, conditions: Sequence[Literal]) -> SourcePlace:
        """Return the same place under more conditions, the nearest MAX_CONDITIONS of them."""
        return replace(self, conditions=(*self.conditions, *conditions)[-MAX_CONDITIONS:])


class LiteralReader:
    """Walk a tree once and collect rules, tables and compared literals."""

    def __init__(self) -> None:
        self.rules: list[LiteralRule] = []
        self.tables: list[LiteralTable] = []
        self.compared: list[tuple[int, Literal]] = []

    def read(self, node: ast.AST, place: SourcePlace) -> None:
        """Read the node and everything below it."""
        if isinstance(node, ast.expr):
            self._take(node, place)
        if isinstance(node, NESTING):
            place = replace(place, depth=place.depth + 1)
        if isinstance(node, Function | ast.Lambda) and place.depth <= MAX_DEPTH:
            place = replace(place, arguments=_arguments(node))
        for child, inner in _children(node, place):
            self.read(child, inner)

    def _take(self, node: ast.expr, place: SourcePlace) -> None:
        come_out: ast.expr = node
        if isinstance(node, ast.Compare):
            conditions = _compared(node)
            self.compared += [(node.lineno, each) for each in conditions[: MAX_RULES - len(self.compared)]]
            place = place.under(conditions)
            come_out = ast.Constant(not isinstance(node.ops[0], INEQUALITIES))
        if place.returned is not None and len(self.rules) < MAX_RULES and (result := literal(come_out)):
            self.rules.append(LiteralRule(node.lineno, place.conditions, result, place.returned, place.arguments))
        if place.depth <= MAX_DEPTH and len(self.tables) < MAX_RULES and (table := _table(node)):
            self.tables.append(table)


def _children(node: ast.AST, place: SourcePlace) -> Iterator[tuple[ast.AST, SourcePlace]]:
    """Yield the node's children with their places."""
    plain, kept = replace(place, returned=None), replace(place, returned=bool(place.returned))
    match node:
        case ast.If(test=test, body=[*body], orelse=[*other]) | ast.While(test=test, body=[*body], orelse=[*other]):
            yield from _branches(test, body, other, plain)
        case ast.IfExp(test=test, body=body, orelse=other):
            yield from _branches(test, [body], [other], kept)
        case ast.BoolOp(values=values):
            known = kept.under(_compared(node))
            yield from ((child, known) for child in values)
        case ast.match_case(pattern=pattern, body=body):
            known = plain.under([each for value in _patterns(pattern) if (each := literal(value))])
            yield from ((child, known) for child in body)
        case ast.Return(value=value) | ast.Yield(value=value) | ast.Lambda(body=value) if value:
            yield value, replace(place, returned=True)
        case ast.Assign(value=value) | ast.AnnAssign(value=value) if value:
            yield value, replace(place, returned=False)
        case ast.Call(func=ast.Name(id="print"), args=arguments):
            yield from ((argument, replace(place, returned=True)) for argument in arguments)
        case _:
            yield from ((child, plain) for child in ast.iter_child_nodes(node))


def _branches(
    test: ast.expr, body: Sequence[ast.AST], other: Sequence[ast.AST], place: SourcePlace
) -> Iterator[tuple[ast.AST, SourcePlace]]:
    """Yield both branches under the test's comparisons; without a negation in the test, the first one alone."""
    yield test, replace(place, returned=None)
    known = place.under(_compared(test))
    yield from ((child, known) for child in body)
    yield from ((child, known if _negated(test) else place) for child in other)


def _compared(test: ast.expr) -> tuple[Literal, ...]:
    """Return the literals that something is compared with for equality, and the members of those it is looked up in."""
    found: list[Literal | None] = []
    for node in _comparisons(test):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], EQUALITIES):
            for side in (node.left, *node.comparators):
                found.append(literal(side))
                if isinstance(node.ops[0], ast.In | ast.NotIn) and isinstance(side, DISPLAYS):
                    found += [literal(item) for item in side.elts]
    return tuple(each for each in found if each)


def _negated(test: ast.expr) -> bool:
    """Return True when the test may hold because something is not equal."""
    parts = [node.ops[0] if isinstance(node, ast.Compare) else node for node in _comparisons(test)]
    return any(isinstance(part, INEQUALITIES) for part in parts)


def _comparisons(test: ast.expr) -> Iterator[ast.Compare | ast.Not]:
    """Yield the comparisons in the test, and its `not`s; their sides are not searched, which would cost too much."""
    match test:
        case ast.Compare():
            yield test
        case ast.BoolOp(values=values):
            for value in values:
                yield from _comparisons(value)
        case ast.UnaryOp(op=ast.Not() as negation, operand=operand):
            yield negation
            yield from _comparisons(operand)


def _patterns(pattern: ast.pattern) -> Iterator[ast.expr]:
    """Yield the values that a case names; a sequence of values is one list."""
    match pattern:
        case ast.MatchValue(value=value):
            yield value
        case ast.MatchOr(patterns=patterns):
            for each in patterns:
                yield from _patterns(each)
        case ast.MatchSequence(patterns=patterns):
            yield ast.List([value for each in patterns for value in _patterns(each)], ast.Load())


def _table(node: ast.expr) -> LiteralTable | None:
    """Return the display as a table, when it has more than one row."""
    match node:
        case ast.Dict(keys=keys, values=values) if len(keys) > 1:
            rows = list(zip(keys, values, strict=True))
        case ast.List(elts=rows_) | ast.Tuple(elts=rows_) | ast.Set(elts=rows_) if len(rows_) > 1:
            rows = [(row.elts[0], row.elts[1]) for row in rows_ if isinstance(row, ast.Tuple) and len(row.elts) == 2]
            values = rows_
        case _:
            return None
    pairs = ((literal(key), literal(value)) for key, value in rows)
    items = tuple(each for value in values if (each := literal(value)))
    return LiteralTable(node.lineno, tuple((key, value) for key, value in pairs if key and value), items)


def _arguments(function: Function | ast.Lambda) -> Arguments:
    """Return how the function uses its parameters, a method's own object aside."""
    spec = function.args
    names = {each.arg for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
    names |= {each.arg for each in (spec.vararg, spec.kwarg) if each}
    read = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    if not names - {"self", "cls"}:
        return "none"
    return "read" if names & read else "ignored"
