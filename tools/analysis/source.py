"""Read a candidate's source as a syntax tree without running it, and without trusting it."""

from __future__ import annotations

import ast

from orps_agent.domain.execution import NotAnalysable
from orps_agent.util.syntax import quiet

MAX_CHARS = 65_536
FAULTS = (SyntaxError, ValueError, RecursionError, MemoryError)
"""Errors that parsing and walking a hostile source raises; catch these and return `not_analysable`."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def parse_source(code: str) -> ast.Module:
    """Return the syntax tree; raise one of FAULTS for what is no Python, or too long or too deep to analyse.

    CPython's parser ends deep nesting with an exception of its own before the C stack is used up, and no literal is
    evaluated. It holds the interpreter's lock, so the length bounds for how long everything else has to wait.
    """
    if len(code) > MAX_CHARS:
        raise ValueError(f"more than {MAX_CHARS} characters")
    with quiet():
        return ast.parse(code, "<solution>")


def plain_source(code: str) -> str | NotAnalysable:
    """Return the code without comments and docstrings, laid out as `ast.unparse` does it."""
    try:
        return ast.unparse(without_docstrings(parse_source(code)))
    except FAULTS as error:
        return not_analysable(error)


def without_docstrings(tree: ast.Module) -> ast.Module:
    """Remove the docstrings of the tree in place, with `pass` where a body would be empty."""
    for node in ast.walk(tree):
        if isinstance(node, Function | ast.ClassDef | ast.Module) and _has_docstring(node.body):
            del node.body[0]
            if not node.body and not isinstance(node, ast.Module):
                node.body.append(ast.Pass())
    return tree


def not_analysable(error: BaseException) -> NotAnalysable:
    """Return the error as a reason, in one line that can be shown anywhere."""
    message = str(error)
    if isinstance(error, SyntaxError):
        message = f"{error.msg} (line {error.lineno})"
    text = " ".join(f"{type(error).__name__}: {message}".split())
    return NotAnalysable(reason=ascii(text)[1:-1])


def _has_docstring(body: list[ast.stmt]) -> bool:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *_]:
            return True
    return False
