"""Turn loops over inputs into tests: the hundreds of inputs of EvalPlus, and the loops in its files on the hub."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping, Sequence

_MAX_TESTS = 100
"""Largest number of tests to make: each costs milliseconds, so that more inputs than this share tests."""
Lists = Mapping[str, Sequence[ast.expr]]


def loop_tests(target: str, turns: Sequence[str], body: str) -> list[str]:
    """Split `for target in turns: body` into one test for each turn, or for several turns where there are many."""
    together = -(-len(turns) // _MAX_TESTS)
    if together <= 1:
        return [f"{target} = {turn}\n{body}" for turn in turns]
    return [
        f"for {target} in [{', '.join(turns[start : start + together])}]:\n{textwrap.indent(body, '    ')}"
        for start in range(0, len(turns), together)
    ]


def unrolled(body: Sequence[ast.stmt]) -> tuple[str, list[str]] | None:
    """Return the code before the loop that ends the statements, and the tests in that loop.

    None when the statements do not end with a loop over lists that are written out before it, as in
    `for i, (given, wanted) in enumerate(zip(inputs, results)):`.
    """
    if not body or not isinstance(body[-1], ast.For):
        return None
    *before, loop = body
    assert isinstance(loop, ast.For)  # noqa: S101 - for the type checker
    lists = {name: items for node in before for name, items in _list(node)}
    turns = _turns(loop.iter, lists)
    if not turns:
        return None
    setup = "\n".join(ast.unparse(node) for node in before if not _list(node))
    inside = "\n".join(map(ast.unparse, loop.body))
    return setup, loop_tests(ast.unparse(loop.target), list(map(ast.unparse, turns)), inside)


def _list(node: ast.stmt) -> list[tuple[str, Sequence[ast.expr]]]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=items)):
            return [(name, items)]
    return []


def _turns(over: ast.expr, lists: Lists) -> Sequence[ast.expr] | None:
    """Return the values of the loop's target, one for each turn; None when they are not written out."""
    match over:
        case ast.Name(id=name):
            return lists.get(name)
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner], keywords=[]):
            turns = _turns(inner, lists)
            return turns and [_pair(ast.Constant(number), turn) for number, turn in enumerate(turns)]
        case ast.Call(func=ast.Name(id="zip"), args=[one, other], keywords=[]):
            ones, others = _turns(one, lists), _turns(other, lists)
            return ones and others and [_pair(*pair) for pair in zip(ones, others, strict=False)]
    return None


def _pair(one: ast.expr, other: ast.expr) -> ast.expr:
    return ast.Tuple([one, other], ast.Load())
