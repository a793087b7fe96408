"""Read HumanEval as published.

Columns: task_id, prompt, entry_point, canonical_solution, test with `check(candidate)`.

HumanEval+ has the same columns on the hub; its `check` is a loop over lists of inputs and results.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from orps_agent.domain.problem import SnippetTest, TestSuite
from orps_agent.errors import ProblemError
from orps_agent.problems.problem_file import is_text, parse_python, segment
from orps_agent.problems.python_stub import completion_statement
from orps_agent.problems.python_tests import suite_from_python

from .base import Fields
from .fields import identifier, text
from .loops import unrolled
from .snippets import numbered, snippet_task
from .task import Task

NEEDS = ("task_id", "prompt", "entry_point", "canonical_solution", "test")


def humaneval_task(fields: Fields) -> Task:
    """Read the task in a row; raises ProblemError when the row holds none."""
    prompt, name = text(fields, "prompt"), text(fields, "entry_point")
    gold = prompt + text(fields, "canonical_solution")
    suite = _suite(text(fields, "test"), name)
    setup = "\n".join(filter(None, [surroundings(gold, name), suite.setup]))
    return snippet_task(
        identifier(fields, "task_id", prefix="HumanEval"),
        completion_statement(prompt, [name]),
        suite.model_copy(update={"setup": setup}),
        gold,
        entry_point=name,
    )


def surroundings(gold: str, name: str) -> str:
    """Return the code before the function to write, its imports and helpers, as the tests may rely on them."""
    before: list[str] = []
    for node in parse_python(gold, "gold solution").body:
        if getattr(node, "name", None) == name:
            return "\n".join(before)
        if not is_text(node):
            before.append(segment(gold, node))
    raise ProblemError(f"no entry point: prompt and canonical_solution do not define {name}")


def _suite(test: str, name: str) -> TestSuite:
    """Build one test for each assert in `check`, or for each turn of its loop; otherwise one test of its whole body."""
    body = parse_python(test, "test").body
    check = next((node for node in body if isinstance(node, ast.FunctionDef) and node.name == "check"), None)
    if check is None or len(check.args.args) != 1:
        raise ProblemError("test defines no check(candidate)")
    around = [node for node in body if node is not check and not is_text(node)]
    candidate = _Rename(check.args.args[0].arg, name)
    inside = [candidate.visit(node) for node in check.body if not _is_constant_assert(node)]
    if loop := unrolled([*around, *inside]):
        setup, turns = loop
        return TestSuite(setup=setup, tests=numbered(turns))
    if not any(isinstance(node, ast.Assert) for statement in inside for node in ast.walk(statement)):
        return TestSuite(setup=_source(around), tests=numbered([_source(inside)]))
    suite = suite_from_python(_source([*around, *inside]), "test")
    codes = [test.code for test in suite.tests if isinstance(test, SnippetTest)]
    return TestSuite(setup=suite.setup, tests=numbered(codes))


def _is_constant_assert(node: ast.stmt) -> bool:
    """Return True for an assert of a constant, such as `assert True, "for debugging"`, which HumanEval contains."""
    return isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant)


def _source(body: Sequence[ast.stmt]) -> str:
    return "\n".join(map(ast.unparse, body))


class _Rename(ast.NodeTransformer):
    """Replace the parameter by the solution's own name, so that tests read as a person writes them."""

    def __init__(self, old: str, new: str) -> None:
        self._old, self._new = old, new

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Replace a name when it is the parameter's."""
        return ast.copy_location(ast.Name(self._new, node.ctx), node) if node.id == self._old else node
