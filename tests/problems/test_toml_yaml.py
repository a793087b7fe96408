"""Load problems from TOML and YAML."""

import pytest

from orps_agent.domain.artifact import Program
from orps_agent.domain.problem import Limits, ProgramTest, SnippetTest, TestSuite

FULL = """
id = "doubling"
statement = "Write double."
setup = "import math"
entry_points = ["double"]
tests = [
    "double(2) == 4",
    { name = "half", code = "assert math.isclose(double(0.5), 1)" },
    { call = "double(0)", expected = 0 },
]
gold = "def double(n): return 2 * n"
[held_back]
setup = "def check(n): assert double(n) == n + n"
tests = ["check(7)"]
[limits]
test_seconds = 1
"""


def test_every_key_ends_up_in_the_problem(load) -> None:
    problem = load("any.toml", FULL)
    assert (problem.id, problem.entry_points, problem.limits) == ("doubling", ("double",), Limits(test_seconds=1))
    assert problem.gold == Program("def double(n): return 2 * n")
    assert problem.tests == TestSuite(
        setup="import math",
        tests=(
            SnippetTest(name="1", code="assert double(2) == 4"),
            SnippetTest(name="half", code="assert math.isclose(double(0.5), 1)"),
            SnippetTest(name="3", code="assert double(0) == 0"),
        ),
    )
    assert problem.held_back == TestSuite(
        setup="def check(n): assert double(n) == n + n", tests=(SnippetTest(name="1", code="check(7)"),)
    )


def test_what_is_left_out_is_found_out(load) -> None:
    problem = load(
        "adding_up.yaml",
        "statement: Write add.\nsetup: from solution import add\n"
        "tests: ['add(1, 2) == 3']\nheld_back: ['add(0, 0) == 0']",
    )
    assert (problem.id, problem.entry_points, problem.tests.module) == ("adding_up", ("add",), "solution")
    assert problem.held_back is not None
    assert problem.held_back.setup == "from solution import add"


def test_a_program_needs_no_entry_points(load) -> None:
    problem = load("echo.yaml", "statement: Print it.\ntests: [{stdin: a, stdout: a, compare: exact}, {stdout: ''}]")
    assert problem.entry_points == ()
    assert problem.tests.tests == (
        ProgramTest(name="1", stdin="a", stdout="a", compare="exact"),
        ProgramTest(name="2", stdout=""),
    )


@pytest.mark.parametrize(
    ("expected", "python"),
    [
        ("IV", "'IV'"),
        ("'(1, 2)'", "(1, 2)"),
        ("'None'", "None"),
        ("null", "None"),
        ("'{1, 2}'", "{1, 2}"),
        ("\"'101'\"", "'101'"),
        ("['1', (x]", "['1', '(x']"),
        ("{a: [1.5, true]}", "{'a': [1.5, True]}"),
        ("-.inf", "float('-inf')"),
        ("2024-02-29", "__import__('datetime').date(2024, 2, 29)"),
        ("2024-02-29T10:00:00Z", None),
    ],
)
def test_expected_values_become_python(load, expected: str, python: str | None) -> None:
    problem = load("f.yaml", f"statement: Write f.\ntests: [{{call: f(1), expected: {expected}}}]")
    code = problem.tests.tests[0].code
    if python is not None:
        assert code == f"assert f(1) == {python}"
    eval(code.removeprefix("assert f(1) == "), {})


def test_the_call_is_compared_as_a_whole(load) -> None:
    problem = load("f.toml", 'statement = "f"\ntests = [{ call = "f(1) or 2  # two", expected = 2 }]')
    assert problem.tests.tests[0].code == "assert (f(1) or 2) == 2"


def test_equal_names_are_told_apart(load) -> None:
    text = "statement: f\ntests:\n" + "".join(
        f"  - {{name: {name}, code: assert f(1)}}\n" for name in ("a", "a", "a (2)")
    )
    names = [test.name for test in load("f.yaml", text).tests.tests]
    assert len(set(names)) == 3
    assert names[0] == "a"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('statment = "s"', "unknown key 'statment'; did you mean 'statement'?"),
        ("colour = 1", "unknown key 'colour'; known are statement, tests, "),
        ('statement = "s"\nx =', "is not valid TOML: "),
        ('statement = "s"', "has no tests; add at least one, such as `assert f(2) == 4`, or name what to write"),
        ('statement = "s"\nheld_back = {setup = ""}', "has no list of held-back tests; write it under the key tests"),
        ('statement = "s"\ntests = "f(1) == 1"', "has no list of tests"),
        ('statement = "s"\ntests = []', "has no tests; add at least one"),
        ('tests = ["f(1) == 1"]', "has no statement; describe in words what to write"),
        ('statement = 1\ntests = ["f(1) == 1"]', "statement is not text but 1; put it in quotes"),
        ('statement = "s"\ntests = ["f(1) == 1", 2]', "test '2': is not a mapping of keys to values but 2"),
        (
            'statement = "s"\ntests = [{ name = "x" }]',
            "test '1': needs code, or call and expected, or stdin and stdout",
        ),
        ('statement = "s"\ntests = [{ call = "f(1)" }]', "test '1': needs both call and expected"),
        ('statement = "s"\ntests = [{ expected = 1 }]', "test '1': needs both call and expected"),
        ('statement = "s"\ntests = [{ name = "a\\nb", code = "f(" }]', "test 'a\\nb', line 1: is not valid Python"),
        ('statement = "s"\ntests = [{ call = "f(1)", expect = 1 }]', "unknown key 'expect'; did you mean 'expected'?"),
        ('statement = "s"\ntests = [{ call = "x = f(1)", expected = 1 }]', "test '1': call is not one expression"),
        ('statement = "s"\ntests = [{ call = "f(5)", expected = "101" }]', "expected '101' is ambiguous"),
        ('statement = "s"\ntests = [{ call = "f(5)", expected = nan }]', "test '1': nothing equals nan"),
        ('statement = "s"\ntests = [{ stdin = "1" }]', "test '1': needs stdout, what the program must print"),
        ('statement = "s"\ntests = [{ stdout = "1", compare = "fuzzy" }]', "test '1': compare: Input should be"),
        ('statement = "s"\ntests = ["f(1) == 1"]\nlimits = { seconds = 1 }', "limits: unknown key 'seconds'"),
        ('statement = "s"\ntests = ["f(1) == 1"]\nlimits = { memory_mb = 1 }', "limits: memory_mb: Input should be"),
        ('statement = "s"\ntests = ["f(1) == 1"]\nlimits = { test_seconds = inf }', "limits: test_seconds: "),
        ('statement = "s"\ntests = ["f(1) == 1"]\nheld_back = []', "has an empty list of held-back tests"),
        (
            'statement = "s"\ntests = ["f(1) == 1"]\nheld_back = ["g("]',
            "held-back test '1', line 1: is not valid Python",
        ),
        ('statement = "s"\ntests = ["f(1) == 1"]\nentry_points = [1]', "entry_points is not a list of names"),
        ('id = ""\nstatement = "s"\ntests = ["f(1) == 1"]', "id: String should have at least 1 character"),
        (f"x = {'[' * 5000}", "is nested too deeply"),
    ],
)
def test_toml_that_is_refused(refused, text: str, message: str) -> None:
    assert message in refused("p.toml", text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- 1", "p.yaml: is not a mapping of keys to values but [1]"),
        ("", "p.yaml: is not a mapping of keys to values but None"),
        ("a: [1", "p.yaml, line 1: is not valid YAML: expected ',' or ']'"),
        (
            "a: 1\nb: &x [1]\nc: *x",
            "p.yaml, line 3: is not valid YAML: aliases (*name) are not supported; write it out",
        ),
        ("statement: s\nstatement: t", "p.yaml, line 1: is not valid YAML: a key occurs twice"),
        ("a: 2024-99-99", "p.yaml: is not valid YAML: month must be in 1..12"),
        ("a: !!python/name:os.system x", "p.yaml, line 1: is not valid YAML: could not determine a constructor"),
        ("a: \0", "p.yaml: is not valid YAML: unacceptable character"),
        ("a: 1\n---\nb: 2", "p.yaml, line 2: is not valid YAML: but found another document"),
        ("[" * 5000, "p.yaml: is nested too deeply"),
        ("1: 2", "p.yaml: unknown key 1"),
    ],
)
def test_yaml_that_is_refused(refused, text: str, message: str) -> None:
    assert message in refused("p.yaml", text)
