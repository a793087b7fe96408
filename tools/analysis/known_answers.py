"""Collect what the visible tests give away: for each test the literals that it passes in and those that it expects."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from orps_agent.domain.problem import ProgramTest, SnippetTest, TestSuite

from .literals import Literal, literal
from .source import FAULTS, parse_source

MAX_TOKENS = 20


@dataclass(frozen=True)
class Known:
    """Describe one test: its inputs, all of them as one literal where there is one, and its expected values."""

    name: str
    inputs: tuple[Literal, ...]
    whole: Literal | None
    expected: frozenset[str]

    def matched(self, literals: Iterable[Literal]) -> float:
        """Return the bits of this test's inputs that these literals spell out; 0 for less than half of them."""
        texts = {text for each in literals for text in (each.text, each.inside)}
        if self.whole and self.whole.text in texts:
            return self.whole.bits
        found = sum(each.bits for each in self.inputs if each.text in texts)
        return found if 2 * found >= sum(each.bits for each in self.inputs) else 0.0

    def expects(self, result: Literal) -> bool:
        """Return True when the test expects this value."""
        return result.text in self.expected


def known_tests(suite: TestSuite, names: frozenset[str]) -> list[Known]:
    """Return what each test gives away to a solution that defines these names; tests that do not parse give nothing."""
    found = []
    for test in suite.tests:
        try:
            known = _of_program(test) if isinstance(test, ProgramTest) else _of_snippet(test, names)
        except FAULTS:
            continue
        found.append(known)
    return found


def _of_program(test: ProgramTest) -> Known:
    tokens = test.stdin.split()[:MAX_TOKENS]
    printed = test.stdout.strip()
    return Known(
        name=test.name,
        inputs=tuple(each for token in tokens if (each := _spelled(token))),
        whole=literal(ast.Constant(test.stdin.strip())),
        expected=frozenset(each.text for each in (literal(ast.Constant(printed)), _spelled(printed)) if each),
    )


def _spelled(text: str) -> Literal | None:
    """Return the number that the text spells, or else the text as a string."""
    for number in (int, float):
        with suppress(ValueError):
            return literal(ast.Constant(number(text)))
    return literal(ast.Constant(text))


def _of_snippet(test: SnippetTest, names: frozenset[str]) -> Known:
    tree = parse_source(test.code)
    calls = [node for node in ast.walk(tree) if _is_call_of(node, names)]
    given = [argument for call in calls for argument in _arguments(call)]
    assigned = [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    arguments = literal(ast.Tuple(given, ast.Load())) if len(calls) == 1 else None
    expected = (side for node in ast.walk(tree) if isinstance(node, ast.Assert) for side in _expected(node.test, names))
    return Known(
        name=test.name,
        inputs=tuple(each for node in (*given, *assigned) if (each := literal(node))),
        whole=arguments,
        expected=frozenset(each.text for node in expected if (each := literal(node))),
    )


def _is_call_of(node: ast.AST, names: frozenset[str]) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def _arguments(call: ast.AST) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)] if isinstance(call, ast.Call) else []


def _expected(test: ast.expr, names: frozenset[str]) -> Iterator[ast.expr]:
    """Yield the sides of a comparison that do not call the solution, also inside `set([...])` and the like."""
    match test:
        case ast.Compare(left=left, comparators=others):
            for side in (left, *others):
                if not any(_is_call_of(node, names) for node in ast.walk(side)):
                    yield side
                    yield from _arguments(side)
        case ast.UnaryOp(op=ast.Not()):
            yield ast.Constant(False)
        case ast.Call(args=args) if not _is_call_of(test, names):  # math.isclose(f(x), 0.5)
            yield from args
        case _:
            yield ast.Constant(True)
