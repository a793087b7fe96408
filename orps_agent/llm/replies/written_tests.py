"""Parse the tests that a model writes: the asserts of its reply that can judge a solution."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from itertools import islice

from orps_agent.domain.problem import Problem, SnippetTest, TestSuite
from orps_agent.errors import ProblemError
from orps_agent.problems import check_problem
from orps_agent.problems.needed_names import called_names, free_names
from orps_agent.problems.problem_file import parse_python

from .code_blocks import MOST_CODE
from .parser import clean, split_thinking

_BEFORE = re.compile(r"[ \t]*(?:[-*+>]+[ \t]+|\d{1,3}[.):][ \t]*|>>>[ \t]*|`)*(?=assert\b)")
"""Prefix of an assert in a list, a quotation or an interpreter session."""
_IMPORT = re.compile(r"[ \t]*((?:import|from)[ \t]+[\w.]+.*)")
_MOST_LINES = 12
"""Maximum number of lines of one assert."""
_MOST_ASSERTS = 200
"""Maximum number of asserts of a reply that are examined; a reply with more is a model in a loop."""


def parse_tests(text: str, problem: Problem, most: int) -> TestSuite:
    """Return the first `most` usable asserts of a tester's reply, in order, named by their numbers.

    An assert is usable if it compiles, calls one of the problem's entry points, uses no other name that the reply
    defines except imports from Python's standard library, and could fail. Duplicates are dropped. The text around the
    asserts does not matter: prose, lists, test functions, a solution, or a reply that was cut off.
    """
    _, answer = split_thinking(clean(text))
    lines = answer[:MOST_CODE].split("\n")
    given = problem.tests.setup
    missing = [each for each in dict.fromkeys(_imports(lines)) if each not in given.split("\n")]
    suite = problem.tests.model_copy(update={"setup": "\n".join([given, *missing] if given else missing)})
    found: dict[str, str] = {}
    for code in islice(_asserts(lines), _MOST_ASSERTS):
        if len(found) < most and code not in found and _is_usable(code, problem, suite):
            found[code] = code
    tests = tuple(SnippetTest(name=str(number), code=code) for number, code in enumerate(found, start=1))
    return suite.model_copy(update={"tests": tests}) if tests else TestSuite()


def _imports(lines: list[str]) -> Iterator[str]:
    """Yield the import statements that import from the standard library alone."""
    for line in lines:
        found = _IMPORT.fullmatch(line)
        tree = _parsed(found[1].strip()) if found else None
        match tree.body if tree else []:
            case [ast.Import(names=names) as statement]:
                modules = [each.name for each in names]
            case [ast.ImportFrom(module=str(module), level=0) as statement]:
                modules = [module]
            case _:
                continue
        if all(module.partition(".")[0] in sys.stdlib_module_names for module in modules):
            yield ast.unparse(statement)


def _asserts(lines: list[str]) -> Iterator[str]:
    """Yield every assert that compiles, wherever it stands, with as many of the following lines as it needs."""
    for number, line in enumerate(lines):
        before = _BEFORE.match(line)
        if before is None:
            continue
        for stop in range(number + 1, number + 1 + _MOST_LINES):
            code = "\n".join([line[before.end() :], *lines[number + 1 : stop]]).rstrip().rstrip("`").rstrip()
            match (_parsed(code) or ast.Module([], [])).body:
                case [ast.Assert() as found]:
                    # Unparsed, equal asserts have equal text; the message adds nothing to the values.
                    yield ast.unparse(ast.Assert(test=found.test, msg=None))
                    break


def _is_usable(code: str, problem: Problem, suite: TestSuite) -> bool:
    tree = ast.parse(code)
    wanted = set(problem.entry_points)
    match tree.body:
        case [ast.Assert(test=ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]))]:
            if ast.dump(left) == ast.dump(right):
                return False
    if not called_names(tree) & wanted or free_names(f"{suite.setup}\n{code}") - wanted:
        return False
    alone = suite.model_copy(update={"tests": (SnippetTest(name="1", code=code),)})
    try:
        check_problem(problem.model_copy(update={"tests": alone, "held_back": None, "gold": None}), "reply")
    except ProblemError:
        return False
    return True


def _parsed(code: str) -> ast.Module | None:
    """Return the syntax tree of code that compiles and is not nested too deeply to be unparsed; otherwise None."""
    try:
        tree = parse_python(code, "reply")
        ast.unparse(tree)
    except (ProblemError, RecursionError):
        return None
    return tree
