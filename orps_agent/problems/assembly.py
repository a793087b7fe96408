"""Build a checked Problem from the parts that a file format yields; infer what was left out."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from pydantic import ValidationError

from orps_agent.domain.artifact import Program
from orps_agent.domain.problem import Limits, Problem, ProgramTest, SnippetTest, TestSuite
from orps_agent.errors import ProblemError
from orps_agent.util.validation import first_problem

from .checks import check_problem, setup_place, suites, test_place
from .needed_names import called_names, free_names, named_in, names_from, solution_module
from .problem_file import parse_python, unique


def assemble(
    source: str,
    *,
    id: str,  # noqa: A002 - the name of the field
    statement: str,
    tests: TestSuite,
    held_back: TestSuite | None = None,
    entry_points: Sequence[str] | None = None,
    limits: Limits | None = None,
    gold: str | None = None,
) -> Problem:
    """Return a checked problem; entry points not given are those that the tests call, or that the statement names.

    Raises ProblemError with one line that starts with `source`.
    """
    if not statement.strip():
        raise ProblemError(f"{source}: has no statement; describe in words what to write")
    if entry_points is None:
        bare = not len(tests) and held_back is None
        entry_points = named_in(statement) if bare else infer_entry_points(tests, held_back, source)
    try:
        problem = Problem(
            id=id,
            statement=statement,
            entry_points=tuple(entry_points),
            tests=tests,
            held_back=held_back,
            limits=limits or Limits(),
            gold=None if gold is None else Program(gold),
        )
    except ValidationError as error:
        raise ProblemError(f"{source}: {first_problem(error)}") from error
    check_problem(problem, source)
    return problem


def make_suite(
    tests: Sequence[SnippetTest | ProgramTest],
    source: str,
    label: str = "test",
    setup: str = "",
    likely: Sequence[str] = (),
) -> TestSuite:
    """Return a suite with unique test names; its solution module, if it uses one, is found from the imports.

    `likely` are further names that the solution's module may have, besides `solution`.
    """
    names = unique([test.name for test in tests])
    named = tuple(test.model_copy(update={"name": name}) for test, name in zip(tests, names, strict=True))
    suite = TestSuite(setup=setup, tests=named)
    codes = _codes(suite, source, label)
    tree = ast.Module([node for code in codes for node in ast.parse(code).body], [])
    free = set().union(*(free_names(code) for code in codes))
    return suite.model_copy(update={"module": solution_module(tree, free, ("solution", *likely))})


def infer_entry_points(tests: TestSuite, held_back: TestSuite | None, source: str) -> tuple[str, ...]:
    """Return the names that the tests import from the solution's module, or call without anything defining them."""
    found: set[str] = set()
    snippets = False
    for label, suite in suites(tests, held_back):
        for code in _codes(suite, source, label):
            snippets = True
            found |= _needed(code, suite.module)
    if snippets and not found:
        raise ProblemError(f"{source}: the tests do not show which names to write; list them in entry_points")
    for label, suite in suites(tests, held_back):
        _reject_undefined_names(suite, found, source, label)
    return tuple(sorted(found))


def _codes(suite: TestSuite, source: str, label: str) -> list[str]:
    """Return setup and snippet of each snippet test as one module, after checking that both compile."""
    parse_python(suite.setup, setup_place(source, label))
    codes = []
    for test in suite.tests:
        if isinstance(test, SnippetTest):
            parse_python(test.code, test_place(source, label, test))
            codes.append(f"{suite.setup}\n{test.code}")
    return codes


def _needed(code: str, module: str | None) -> set[str]:
    tree = ast.parse(code)
    named = names_from(module, tree) - {"*"} if module else set()
    return named or (free_names(code) & called_names(tree))


def _reject_undefined_names(suite: TestSuite, found: set[str], source: str, label: str) -> None:
    """Raise ProblemError for a name that nothing defines, such as a misspelt one: every candidate would fail on it."""
    for test in suite.tests:
        if isinstance(test, SnippetTest):
            stray = sorted(free_names(f"{suite.setup}\n{test.code}") - found)
            if stray:
                place = test_place(source, label, test)
                raise ProblemError(
                    f"{place}: nothing defines {stray[0]!r}; define it in the setup or add it to entry_points"
                )
