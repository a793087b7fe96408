"""Read a problem from a Python stub: functions to complete, whose doctests are the tests."""

from __future__ import annotations

import ast
from pathlib import Path

from orps_agent.domain.problem import Problem, SnippetTest
from orps_agent.errors import ProblemError

from .assembly import assemble, make_suite
from .doctests import doctest_snippets
from .problem_file import Function, is_main_block, is_text, parse_python, read_source, segment

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def load_stub(path: Path) -> Problem:
    """Return the problem of completing those functions and classes of a module whose bodies are empty.

    Everything else in the module (imports, constants, helpers) becomes the setup of the tests. Raises ProblemError,
    also for a module in which a definition with doctests is already complete.
    """
    source, text = str(path), read_source(path)
    module = parse_python(text, source)
    named = [node for node in module.body if isinstance(node, _DEFINITIONS)]
    stubs = [node for node in named if _is_stub(node)]
    for node in named:
        if node not in stubs and _tests(node, node.name, path):
            raise ProblemError(f"{source}, line {node.lineno}: {node.name} is not a stub; leave its body `...`")
    if not stubs:
        raise ProblemError(f"{source}: has no stub; leave `...` as the body of each function to write")
    names = [node.name for node in stubs]
    tests = _tests(module, "module", path)
    for node in stubs:
        tests += _tests(node, node.name, path)
    rest = [node for node in module.body if node not in stubs and not is_main_block(node)]
    setup = "\n".join(segment(text, node) for node in rest if not is_text(node))
    return assemble(
        source,
        id=path.stem,
        statement=completion_statement(text, names),
        tests=make_suite(tests, source, setup=setup),
        entry_points=names,
    )


def completion_statement(text: str, names: list[str]) -> str:
    """Return the task, in words, of writing these names of a module whose text shows their empty bodies."""
    fence = "````" if "```" in text else "```"
    wanted = ", ".join(f"`{name}`" for name in names)
    return (
        f"Complete this Python module by writing {wanted}. Keep every name and parameter as it is.\n\n"
        f"{fence}python\n{text.strip()}\n{fence}"
    )


def _is_stub(node: ast.stmt) -> bool:
    """Return True for a function without a body, or a class with methods all of which have none."""
    if isinstance(node, ast.ClassDef):
        methods = [each for each in node.body if isinstance(each, Function)]
        return bool(methods) and all(_is_stub(each) for each in methods)
    return isinstance(node, Function) and all(_is_empty(each) for each in node.body)


def _is_empty(node: ast.stmt) -> bool:
    match node:
        case ast.Raise(exc=ast.Name(id="NotImplementedError")):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
    return isinstance(node, ast.Pass) or is_text(node)


def _tests(node: ast.Module | ast.ClassDef | Function, name: str, path: Path) -> list[SnippetTest]:
    """Return the tests of a docstring and, for a class, of its methods' docstrings."""
    tests: list[SnippetTest] = []
    docstring = ast.get_docstring(node, clean=False)
    if docstring:
        tests += doctest_snippets(docstring, name, node.body[0].lineno, path)
    if isinstance(node, ast.ClassDef):
        for method in node.body:
            if isinstance(method, Function):
                tests += _tests(method, f"{name}.{method.name}", path)
    return tests
