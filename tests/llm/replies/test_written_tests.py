"""Check which asserts of a tester's reply are used as tests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orps_agent.domain.problem import Problem, TestSuite
from orps_agent.llm.replies.written_tests import parse_tests
from orps_agent.problems import check_problem

PROBLEM = Problem(id="f", statement="Write f(n).", entry_points=("f", "Stack"), tests=TestSuite())


def found(text: str, most: int = 10, problem: Problem = PROBLEM) -> list[str]:
    return [each.code for each in parse_tests(text, problem, most).tests]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    [
        "```python\nassert f(2) == 4\n```",
        "Tests:\n\n```\nassert f(2) == 4  # twice\n```\nThat is all.",
        "assert f(2) == 4",
        "1. assert f(2) == 4\n2. assert that it works",
        "- `assert f(2) == 4`",
        ">>> assert f(2) == 4",
        "<think>assert f(9) == 1 would be wrong</think>assert f(2) == 4",
        "def test_f():\n    assert f(2) == 4, 'twice'",
        "```python\nfrom solution import f\n\ndef f(n):\n    return 2 * n\n\nassert f(2) == 4\n```",
        "```python\nassert f(\n    2\n) == 4\n```",
        "```python\nassert f(2)==4\nassert f(2)  ==  4\nassert f(3) ==",
    ],
)
def test_asserts_are_found_wherever_they_stand(text: str) -> None:
    assert found(text) == ["assert f(2) == 4"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I assert that f(2) is 4.",
        "assert f(2) = 4",
        "assert g(2) == 4",
        "assert f",
        "assert (f(2), 4)",
        "assert f(2) == f(2)",
        "assert 1 == 1",
        "n = 2\nassert f(n) == 4",
        "import numpy\nassert f(2) == numpy.array(4)",
        "assert f(" + "(" * 5000,
        "assert " + "not " * 2000 + "f(2)",
    ],
)
def test_what_could_not_judge_a_solution_is_left_out(text: str) -> None:
    assert parse_tests(text, PROBLEM, 10) == TestSuite()


def test_tests_keep_their_order_are_numbered_and_at_most_so_many() -> None:
    text = "\n".join(f"assert f({n}) == {2 * n}" for n in (3, 1, 3, 2))
    suite = parse_tests(text, PROBLEM, 2)
    assert [(each.name, each.code) for each in suite.tests] == [  # type: ignore[union-attr]
        ("1", "assert f(3) == 6"),
        ("2", "assert f(1) == 2"),
    ]
    assert found("assert Stack(1).pop() == 1") == ["assert Stack(1).pop() == 1"]


def test_imports_of_pythons_own_modules_and_the_problems_setup_are_there_for_every_test() -> None:
    text = "import math\nfrom os import path\nimport math\nfrom solution import f\nassert math.isclose(f(2), 4.0)"
    suite = parse_tests(text, PROBLEM, 10)
    assert suite.setup == "import math\nfrom os import path"
    assert [each.code for each in suite.tests] == ["assert math.isclose(f(2), 4.0)"]  # type: ignore[union-attr]
    given_ = PROBLEM.model_copy(update={"tests": TestSuite(setup="import math\n\n\ndef two():\n    return 2")})
    kept = parse_tests("import math\nassert f(two()) == math.sqrt(16)", given_, 10)
    assert (kept.setup, len(kept)) == (given_.tests.setup, 1)
    # Read again with what is known by now, as a replay does, it is the same.
    bare = suite.model_copy(update={"tests": ()})
    assert parse_tests(text, PROBLEM.model_copy(update={"tests": bare}), 10) == suite


@given(
    st.lists(st.sampled_from(["assert ", "f(", "1", ")", " == ", "\n", "`", "```", "(", "'", "import re", "# ", "é"]))
)
def test_whatever_comes_makes_a_sound_problem_or_none(parts: list[str]) -> None:
    suite = parse_tests("".join(parts), PROBLEM, 10)
    if len(suite):
        check_problem(PROBLEM.model_copy(update={"tests": suite}), "reply")
