"""Read test suites from Python files."""

import pytest

from orps_agent.domain.problem import TestSuite
from orps_agent.errors import ProblemError
from orps_agent.problems.python_tests import suite_from_python

GOOD = "def double(n):\n    return 2 * n\n"
BAD = "def double(n):\n    return n\n"


def outcome(suite: TestSuite, solution: str) -> list[bool]:
    """Return which tests pass on a solution, judged here: the code is ours."""
    passed = []
    for test in suite.tests:
        namespace: dict[str, object] = {}
        exec(solution, namespace)
        try:
            exec(suite.setup, namespace)
            exec(test.code, namespace)
        except AssertionError:
            passed.append(False)
        else:
            passed.append(True)
    return passed


SCRIPT = '''"""Some tests."""
from math import pi
numbers = [1, 2]
assert double(1) == 2
numbers = [double(n) for n in numbers]
assert numbers == [2, 4], "once"
for n in numbers:
    assert double(n) == n + n
if __name__ == "__main__":
    raise SystemExit(1)
'''


def test_a_script_of_asserts_runs_each_after_what_came_before_it() -> None:
    suite = suite_from_python(SCRIPT, "t.py")
    assert [test.name for test in suite.tests] == ["line 4", "line 6", "line 7"]
    assert suite.setup == "from math import pi\nnumbers = [1, 2]"
    assert outcome(suite, GOOD) == [True, True, True]
    assert outcome(suite, BAD) == [False, False, False]


PYTEST = """
import unittest

def same(n, expected):
    assert double(n) == expected

def test_two():
    same(2, EXPECTED)

class TestSigns:
    factor = -1

    def setup_method(self, method):
        self.number = 3

    def test_negative(self):
        assert double(self.factor * self.number) == -6

    # a remark
    def test_zero(self):
        assert double(0) == 0

class OldStyle(unittest.TestCase):
    def setUp(self):
        self.number = 4

    def test_four(self):
        self.assertEqual(double(self.number), 8)

EXPECTED = 4
"""


def test_functions_and_methods_are_one_test_each() -> None:
    suite = suite_from_python(PYTEST, "t.py")
    names = ["test_two", "TestSigns.test_negative", "TestSigns.test_zero", "OldStyle.test_four"]
    assert [test.name for test in suite.tests] == names
    assert "test_zero" not in suite.tests[1].code
    assert outcome(suite, GOOD) == [True] * 4
    assert outcome(suite, BAD) == [False, False, True, False]


def test_a_parametrized_test_keeps_its_decorator_and_ends_with_a_call() -> None:
    code = 'import pytest\n\n@pytest.mark.parametrize("n", [1, 2])\ndef test_it(n):\n    assert double(n) == n + n\n'
    suite = suite_from_python(code, "t.py")
    assert suite.setup == "import pytest"
    assert suite.tests[0].code == code.removeprefix("import pytest\n\n") + "\ntest_it()"


@pytest.mark.parametrize(
    ("code", "module"),
    [
        ("from solution import double\nassert double(1) == 2", "solution"),
        ("import solution\nassert solution.double(1) == 2", "solution"),
        ("from doubling import double\nassert double(1) == 2", "doubling"),
        ("from nowhere_installed import double\nassert double(1) == 2", "nowhere_installed"),
        ("from math import pi\nassert double(pi) == pi + pi", None),
        ("from nowhere_installed import pi\nassert double(pi) == pi + pi", None),
        ("def test_it():\n    from solution import double\n    assert double(1) == 2", "solution"),
    ],
)
def test_the_module_of_the_solution_is_found(code: str, module: str | None) -> None:
    assert suite_from_python(code, "t.py", likely=("doubling",)).module == module


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def test_it(tmp_path): assert double(1)", "t.py, line 1: test_it needs 'tmp_path'; there are no fixtures"),
        ("import pytest\n@pytest.fixture\ndef two(): return 2", "t.py, line 3: fixture two is not run here"),
        ("async def test_it(): assert double(1)", "t.py, line 1: test_it is async"),
        ("class TestIt:\n  def setup_class(self): ...\n  def test_a(self): ...", "line 2: setup_class is not run here"),
        ("class TestIt:\n  def test_a(self, capsys): ...", "line 2: TestIt.test_a needs 'capsys'"),
        ("", "t.py: has no tests"),
        ("\n\nassert double(1) == 2)", "t.py, line 3: is not valid Python: unmatched ')': assert double(1) == 2)"),
        ("return 1", "t.py, line 1: is not valid Python: 'return' outside function: return 1"),
        ("x = '\0'", "t.py: is not valid Python: source code string cannot contain null bytes"),
    ],
)
def test_tests_files_that_are_refused(code: str, message: str) -> None:
    with pytest.raises(ProblemError) as caught:
        suite_from_python(code, "t.py")
    assert message in str(caught.value).replace(
        ", line 1: is not valid Python: source", ": is not valid Python: source"
    )
