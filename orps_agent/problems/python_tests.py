"""Read tests from a Python module: bare asserts and the tests that pytest would collect; the rest is their setup."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from orps_agent.domain.problem import SnippetTest, TestSuite
from orps_agent.errors import ProblemError

from .assembly import make_suite
from .problem_file import Function, first_line, is_main_block, is_text, parse_python, segment

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
_SHARED = {"setup_class", "teardown_class", "setUpClass", "tearDownClass", "setup_module", "setUpModule"}


def suite_from_python(code: str, source: str, label: str = "test", likely: Sequence[str] = ()) -> TestSuite:
    """Return the suite that a module of tests describes.

    `likely` are names that the solution's module may have. Raises ProblemError, also for fixtures, which are not
    supported.
    """
    setup: list[str] = []
    steps: list[str] = []  # what a script does between its asserts, which only later asserts may see
    tests: list[tuple[SnippetTest, int | None]] = []
    for node in parse_python(code, source).body:
        if is_main_block(node) or is_text(node):
            continue
        if _asserts(node):
            tests.append((SnippetTest(name=f"line {node.lineno}", code=segment(code, node)), len(steps)))
        elif found := _collected(node, code, source):
            tests += [(test, None) for test in found]
        else:
            _reject_fixture(node, source)
            (steps if tests and not isinstance(node, _DEFINITIONS) else setup).append(segment(code, node))
    if not tests:
        raise ProblemError(f"{source}: has no tests; write asserts or functions named test_...")
    whole = [test.model_copy(update={"code": "\n".join([*steps[:seen], test.code])}) for test, seen in tests]
    return make_suite(whole, source, label, "\n".join(setup), likely)


def _asserts(node: ast.stmt) -> bool:
    """Return True when a statement of the module itself contains an assert, even in a loop."""
    return not isinstance(node, _DEFINITIONS) and any(isinstance(each, ast.Assert) for each in ast.walk(node))


def _collected(node: ast.stmt, code: str, source: str) -> list[SnippetTest]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() if node.name.startswith("test"):
            _reject_arguments(node, node.name, 0, source)
            return [SnippetTest(name=node.name, code=f"{segment(code, node)}\n\n{node.name}()")]
        case ast.ClassDef() if node.name.startswith("Test") or _is_test_case(node):
            return [
                SnippetTest(name=f"{node.name}.{method.name}", code=_method_test(node, method, code))
                for method in _test_methods(node, source)
            ]
    return []


def _test_methods(node: ast.ClassDef, source: str) -> list[Function]:
    methods = [each for each in node.body if isinstance(each, Function)]
    for method in methods:
        if method.name in _SHARED:
            raise ProblemError(f"{source}, line {method.lineno}: {method.name} is not run here; use a helper")
        _reject_fixture(method, source)
    tests = [method for method in methods if method.name.startswith("test")]
    for method in tests:
        _reject_arguments(method, f"{node.name}.{method.name}", 1, source)
    return tests


def _method_test(node: ast.ClassDef, method: ast.stmt, code: str) -> str:
    """Return the class with this one test method, and the lines that run it."""
    others = [each for each in _named(node.body, "test") if each is not method]
    dropped = {number for other in others for number in range(first_line(other), (other.end_lineno or 0) + 1)}
    kept = [
        line
        for number, line in enumerate(code.split("\n"), start=1)
        if first_line(node) <= number <= (node.end_lineno or 0) and number not in dropped
    ]
    name = getattr(method, "name", "")
    if _is_test_case(node):
        return "\n".join([*kept, "", f'{node.name}("{name}").debug()'])
    before = [
        f"test.setup_method({'None' if len(each.args.args) > 1 else ''})" for each in _named(node.body, "setup_method")
    ]
    return "\n".join([*kept, "", f"test = {node.name}()", *before, f"test.{name}()"])


def _named(body: Iterable[ast.stmt], prefix: str) -> list[Function]:
    return [each for each in body if isinstance(each, Function) and each.name.startswith(prefix)]


def _reject_arguments(node: Function, name: str, own: int, source: str) -> None:
    """Raise ProblemError for an async test, or one with arguments that parametrize does not provide (fixtures)."""
    if isinstance(node, ast.AsyncFunctionDef):
        raise ProblemError(f"{source}, line {node.lineno}: {name} is async; use asyncio.run in a plain one")
    given = ", ".join(ast.unparse(decorator) for decorator in node.decorator_list)
    wanted = [each.arg for each in node.args.args[own : len(node.args.args) - len(node.args.defaults)]]
    if wanted and "parametrize" not in given:
        raise ProblemError(
            f"{source}, line {node.lineno}: {name} needs {wanted[0]!r}; there are no fixtures, use helpers"
        )


def _reject_fixture(node: ast.stmt, source: str) -> None:
    if not isinstance(node, Function):
        return
    if any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list) or node.name in _SHARED:
        raise ProblemError(f"{source}, line {node.lineno}: fixture {node.name} is not run here; use a helper")


def _is_test_case(node: ast.ClassDef) -> bool:
    return any("TestCase" in ast.unparse(base) for base in node.bases)
