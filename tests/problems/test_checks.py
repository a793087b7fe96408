"""Check which problems are refused because their tests cannot judge a solution."""

import pytest

from orps_agent.domain.problem import Problem, SnippetTest, TestSuite
from orps_agent.errors import ProblemError
from orps_agent.problems import check_problem, problem_from_words
from orps_agent.problems.needed_names import defined_names, free_names


def problem(code: str = "assert f(1) == 1", setup: str = "", module: str | None = None, **more: object) -> Problem:
    suite = TestSuite(setup=setup, module=module, tests=(SnippetTest(name="one", code=code),))
    return Problem.model_validate({"id": "p", "statement": "Write f.", "entry_points": ("f",), "tests": suite, **more})


@pytest.mark.parametrize(
    ("code", "setup", "module"),
    [
        ("assert f(1) == 1", "", None),
        ("check(1)", "def helper(n): return f(n)\ndef check(n): assert helper(n)", None),
        ("assert stack.pop() == 1", "stack = f()", None),
        ("assert g(1) == 1", "from solution import f as g", "solution"),
        ("assert s.f(1) == 1", "import solution as s", "solution"),
        ("from solution import f\nassert f(1)", "", "solution"),
        ("check(f)", "def check(candidate): assert candidate(1)", None),
    ],
)
def test_a_test_may_reach_the_solution_through_its_setup(code: str, setup: str, module: str | None) -> None:
    check_problem(problem(code, setup, module), "p")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (problem(statement=" \n"), "p: the statement is empty"),
        (problem(tests=TestSuite(), entry_points=()), "p: has no tests"),
        (problem(tests=TestSuite(setup="def f(:")), "p: setup of the tests, line 1: is not valid Python"),
        (problem(held_back=TestSuite()), "p: has an empty list of held-back tests"),
        (problem("assert f(1"), "p: test 'one', line 1: is not valid Python: '(' was never closed: assert f(1"),
        (problem("x = 1\nassert f(1) = 1"), "p: test 'one', line 2: is not valid Python"),
        (problem(setup="\ndef f(:"), "p: setup of the tests, line 2: is not valid Python"),
        (problem("assert g(1) == 1"), "p: test 'one': never calls the solution (f): assert g(1) == 1"),
        (problem("assert g(1)", "def g(n): return n"), "p: test 'one': never calls the solution (f)"),
        (problem(module="solution"), "p: test 'one': does not import the solution; add `from solution import ...`"),
        (problem(module="a b"), "p: module 'a b' is not the name of a Python module"),
        (problem("f(1)"), "p: test 'one': checks no result; write `assert ... == ...`: f(1)"),
        (problem("f(1) == 1"), "p: test 'one': checks no result"),
        (problem("assert (f(1) == 2, 'no')"), "p: test 'one': checks no result"),
        (problem(entry_points=()), "p: test 'one': calls a solution, but entry_points is empty"),
        (problem(entry_points=("f", "2f")), "p: entry point '2f' is not a Python name"),
        (problem(entry_points=("f", "class")), "p: entry point 'class' is not a Python name"),
        (problem(gold="def f(:"), "p: gold solution, line 1: is not valid Python"),
        (problem(gold="def g(): ..."), "p: gold solution: does not define f; define it or correct entry_points"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(bad: Problem, message: str) -> None:
    with pytest.raises(ProblemError) as caught:
        check_problem(bad, "p")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("code", ["assert " + "(" * 3000 + "f(1)" + ")" * 3000, "assert f(" + "-" * 200_000 + "1)"])
def test_absurdly_nested_tests_are_refused(code: str) -> None:
    with pytest.raises(ProblemError, match="p: test 'one'"):
        check_problem(problem(code), "p")


@pytest.mark.parametrize(
    ("tests", "entry_points"),
    [
        (["f(1) == 1", "g(2) == 2"], ("f", "g")),
        (["sorted([2, 1], key=f) == [1, 2] and f(1)"], ("f",)),
        (["[f(x) for x in range(3)] == [0, 1, 2]"], ("f",)),
        (["import math\nassert f(math.pi) == round(math.pi)"], ("f",)),
        (["Stack().push(1).size == 1"], ("Stack",)),
        (["Point.origin() == (0, 0)"], ("Point",)),
        (["from solution import f, LIMIT\nassert f(1) < LIMIT"], ("LIMIT", "f")),
        (["import solution\nassert solution.f(1)"], ("f",)),
        (["def close(f, x): return f - x < 1\nassert close(f(1), 2)"], ("f",)),
    ],
)
def test_entry_points_are_what_tests_call_and_nothing_defines(tests: list[str], entry_points: tuple[str, ...]) -> None:
    assert problem_from_words("Write it.", tests).entry_points == entry_points


def test_given_entry_points_are_kept_even_where_they_shadow_a_builtin() -> None:
    assert problem_from_words("Write sum.", ["sum([1]) == 1"], entry_points=["sum"]).entry_points == ("sum",)


def test_names_are_resolved_by_scope() -> None:
    code = (
        "import a.b\ndef g(x, *y):\n    global z\n    z = x\n    return f(y, w)\n"
        "class C:\n    v = u\nw = [t for t in s]"
    )
    assert free_names(code) == {"f", "u", "s"}
    assert defined_names(code) == {"a", "g", "z", "C", "w"}
