"""Check suites and judge a program's output, as every executor has to."""

from __future__ import annotations

import math

from orps_agent.domain.problem import ProgramTest, SnippetTest, TestSuite
from orps_agent.errors import ProblemError
from orps_agent.tools.analysis.source import FAULTS, not_analysable
from orps_agent.util.syntax import quiet


def check_suite(suite: TestSuite) -> None:
    """Raise ProblemError, naming the place, for a suite without tests or with code that does not compile."""
    if not suite.tests:
        raise ProblemError("the suite has no tests; give the problem at least one")
    sources = [("the suite's setup", suite.setup)]
    sources += [(f"test {test.name!r}", test.code) for test in suite.tests if isinstance(test, SnippetTest)]
    for place, source in sources:
        try:
            with quiet():
                compile(source, "<test>", "exec", dont_inherit=True)
        except FAULTS as error:
            fault = not_analysable(error).reason
            raise ProblemError(f"{place} does not compile: {fault}; correct it in the problem") from error


def same_output(test: ProgramTest, printed: str) -> bool:
    """Return True when the program's output matches the test's, by the test's kind of comparison."""
    if test.compare == "exact":
        return printed.rstrip() == test.stdout.rstrip()
    got, wanted = printed.split(), test.stdout.split()
    same = _close if test.compare == "floats" else str.__eq__
    return len(got) == len(wanted) and all(map(same, got, wanted))


def _close(got: str, wanted: str) -> bool:
    try:
        return got == wanted or math.isclose(float(got), float(wanted), rel_tol=1e-6, abs_tol=1e-6)
    except ValueError:
        return False
