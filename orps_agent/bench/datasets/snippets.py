"""Build suites from lists of assert snippets, the form of MBPP, HumanEval and LBPP, and find the names they use."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from orps_agent.domain.artifact import Program
from orps_agent.domain.problem import SnippetTest, TestSuite
from orps_agent.errors import ProblemError
from orps_agent.problems.needed_names import (
    called_names,
    defined_names,
    free_names,
    imports,
    names_from,
    own_names,
    reaches,
)
from orps_agent.problems.problem_file import parse_python

from . import oracle
from .task import Task, check_task

SOLUTION_MODULE = "code"
"""The module from which LBPP's tests import the solution."""


def numbered(codes: Iterable[str]) -> tuple[SnippetTest, ...]:
    """Build one test for each piece of code, named by its number."""
    return tuple(SnippetTest(name=str(number), code=code) for number, code in enumerate(codes, start=1))


@lru_cache(maxsize=1)
def oracle_source() -> str:
    """Return the setup of tests that are made from inputs, which defines `like` and `expected_from`."""
    return Path(oracle.__file__).read_text(encoding="utf-8")


def suite_of(codes: Iterable[str], setup: str) -> TestSuite:
    """Build the suite of these snippets; raises ProblemError when one of them, or the setup, is not Python."""
    module = SOLUTION_MODULE if imports(SOLUTION_MODULE, parse_python(setup, "setup of the tests")) else None
    return TestSuite(setup=setup, module=module, tests=numbered(codes))


def snippet_task(
    id: str,  # noqa: A002 - the name of the field
    statement: str,
    real: TestSuite,
    gold: str,
    *,
    weak: TestSuite | None = None,
    entry_point: str | None = None,
) -> Task:
    """Build and check a task; without `entry_point`, its entry points are the gold solution's names that the tests use.

    Tests that never use the solution (`assert True`) are left out: they would pass whatever it does.
    Raises ProblemError.
    """
    parse_python(gold, "gold solution")
    real = _with_modules(real, gold)
    names = (entry_point,) if entry_point else find_entry_points(real, gold)
    task = Task(id=id, statement=statement, entry_points=names, real=_using(real, names), gold=Program(gold))
    check_task(task)
    return task if weak is None else with_weak(task, _using(_with_modules(weak, gold), names))


def with_weak(task: Task, weak: TestSuite) -> Task:
    """Add weak tests to a task; the names they use join its entry points. ProblemError when they cannot be used."""
    names = set(task.entry_points)
    if task.gold is not None and any(test.kind == "snippet" for test in weak.tests):
        names |= set(find_entry_points(weak, task.gold.source))
    both = task.model_copy(update={"weak": weak, "entry_points": tuple(sorted(names))})
    check_task(both, "weak")
    return both


def find_entry_points(suite: TestSuite, gold: str) -> tuple[str, ...]:
    """Return the names that the tests import from the solution, or else call and the gold solution defines."""
    found: set[str] = set()
    called: set[str] = set()
    own = own_names(gold)
    for code in _codes(suite):
        tree = parse_python(code, "a test with its setup")
        named = names_from(suite.module, tree) - {"*"} if suite.module else set()
        found |= named or (called_names(tree) & own) - defined_names(code)
        called |= free_names(code) & called_names(tree)
    if not found:
        wanted = f"; they call {', '.join(sorted(called))}" if called else ""
        raise ProblemError(f"no entry point: the tests call nothing that the gold solution defines{wanted}")
    return tuple(sorted(found))


def _codes(suite: TestSuite) -> Iterator[str]:
    """Yield setup and snippet of each test as one module."""
    for test in suite.tests:
        if isinstance(test, SnippetTest):
            parse_python(test.code, f"test {test.name!r}")
            yield f"{suite.setup}\n{test.code}"


def _with_modules(suite: TestSuite, gold: str) -> TestSuite:
    """Add imports for standard modules that a suite's tests use without importing them (mbpp/276)."""
    used = set().union(*(free_names(code) for code in _codes(suite)))
    missing = sorted((used & sys.stdlib_module_names) - own_names(gold))
    setup = "\n".join([*(f"import {name}" for name in missing), suite.setup])
    return suite.model_copy(update={"setup": setup}) if missing else suite


def _using(suite: TestSuite, names: tuple[str, ...]) -> TestSuite:
    setup, wanted = parse_python(suite.setup, "setup of the tests"), set(names)
    kept = [
        test
        for test in suite.tests
        if not isinstance(test, SnippetTest) or reaches(parse_python(test.code, f"test {test.name!r}"), setup, wanted)
    ]
    return suite.model_copy(update={"tests": tuple(kept)})
