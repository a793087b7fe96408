"""Check the conditions that a problem must satisfy before a search may spend anything on it."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterator

from orps_agent.domain.artifact import Program
from orps_agent.domain.problem import Problem, SnippetTest, TestSuite
from orps_agent.errors import ProblemError

from .needed_names import defined_names, imports, reaches
from .problem_file import parse_python


def check_problem(problem: Problem, source: str) -> None:
    """Raise ProblemError for a problem that no solution could satisfy, or that every solution would.

    A problem without tests is valid when it names what to write: a model can write the tests then.
    `source` names the file (or another origin of the problem) in the error message.
    """
    if not problem.statement.strip():
        raise ProblemError(f"{source}: the statement is empty; describe in words what to write")
    check_testable(problem, source)
    for name in problem.entry_points:
        if not name.isidentifier() or keyword.iskeyword(name):
            raise ProblemError(f"{source}: entry point {name!r} is not a Python name")
    for label, suite in suites(problem.tests, problem.held_back):
        if label == "test" and not len(suite):
            parse_python(suite.setup, setup_place(source, label))
            continue
        _check_suite(problem, suite, source, label)
    if problem.gold is not None:
        _check_gold(problem.gold, problem.entry_points, source)


def check_testable(problem: Problem, source: str) -> None:
    """Raise ProblemError for a problem without tests and entry points, for which no model could write tests."""
    if not len(problem.tests) and not problem.entry_points:
        raise ProblemError(
            f"{source}: has no tests; add at least one, such as `assert f(2) == 4`, or name what to write, as in"
            " `f(n)` in the statement or in entry_points, so that a model can write them"
        )


def suites(tests: TestSuite, held_back: TestSuite | None) -> Iterator[tuple[str, TestSuite]]:
    """Yield each suite with the word for one of its tests."""
    yield "test", tests
    if held_back is not None:
        yield "held-back test", held_back


def test_place(source: str, label: str, test: SnippetTest) -> str:
    """Return the name of a test in messages: `roman.toml: held-back test 'zero'`."""
    return f"{source}: {label} {test.name!r}"


def setup_place(source: str, label: str) -> str:
    """Return the name of the setup of the tests, or of the held-back tests, in messages."""
    return f"{source}: setup of the {label}s"


def _check_suite(problem: Problem, suite: TestSuite, source: str, label: str) -> None:
    if not len(suite):
        raise ProblemError(f"{source}: has an empty list of {label}s; leave it out or fill it")
    if suite.module is not None and not all(part.isidentifier() for part in suite.module.split(".")):
        raise ProblemError(f"{source}: module {suite.module!r} is not the name of a Python module")
    setup = parse_python(suite.setup, setup_place(source, label))
    for test in suite.tests:
        if isinstance(test, SnippetTest):
            _check_snippet(problem, suite, setup, test, test_place(source, label, test))


def _check_snippet(problem: Problem, suite: TestSuite, setup: ast.Module, test: SnippetTest, place: str) -> None:
    code = parse_python(test.code, place)
    if not problem.entry_points:
        raise ProblemError(f"{place}: calls a solution, but entry_points is empty; list the names to write")
    if not reaches(code, setup, set(problem.entry_points)):
        wanted = ", ".join(problem.entry_points)
        raise ProblemError(f"{place}: never calls the solution ({wanted}): {_first_line(test.code)}")
    if suite.module and not (imports(suite.module, setup) or imports(suite.module, code)):
        raise ProblemError(f"{place}: does not import the solution; add `from {suite.module} import ...`")
    if _cannot_fail(code, problem.entry_points):
        raise ProblemError(f"{place}: checks no result; write `assert ... == ...`: {_first_line(test.code)}")


def _cannot_fail(code: ast.Module, entry_points: tuple[str, ...]) -> bool:
    match code.body:
        case [ast.Expr(value=ast.Call(func=ast.Name(id=name)))]:
            return name in entry_points
        case [ast.Expr(value=value)]:
            return not isinstance(value, ast.Call)
        case [*_, ast.Assert(test=ast.Tuple(elts=[_, *_]))]:
            return True
    return False


def _check_gold(gold: Program, entry_points: tuple[str, ...], source: str) -> None:
    place = f"{source}: gold solution"
    parse_python(gold.source, place)
    missing = sorted(set(entry_points) - defined_names(gold.source))
    if missing:
        raise ProblemError(f"{place}: does not define {', '.join(missing)}; define it or correct entry_points")


def _first_line(code: str) -> str:
    return code.strip().partition("\n")[0]
