"""Load problems without tests, whose tests a model writes: what they have to name all the same."""

from pathlib import Path

import pytest

from orps_agent.errors import ProblemError
from orps_agent.problems import dump_problem, load_problem, problem_from_words


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("Write a function double(n) that returns twice n.", ("double",)),
        ("Write `double(n)`, so that double(2) is 4, in O(n).", ("double",)),
        ("Implement def add(a, b) and def sub(a, b), which print(nothing).", ("add", "sub")),
        ("class Stack:\n    with push and pop", ("Stack",)),
        ("Write a function called `double`.", ("double",)),
        ("Write the function 'double' for sum(values).", ("double",)),
    ],
)
def test_a_statement_names_what_to_write(statement: str, names: tuple[str, ...]) -> None:
    problem = problem_from_words(statement)
    assert (problem.entry_points, len(problem.tests)) == (names, 0)


@pytest.mark.parametrize(
    "statement", ["Write something.", "Write f(n) or g(n).", "Use sum(n) in O(n log n).", "Call text.upper(n) twice."]
)
def test_a_statement_that_names_nothing_or_too_much_is_refused_and_says_what_would_help(statement: str) -> None:
    with pytest.raises(ProblemError, match=r"has no tests; add at least one, .* or name what to write, as in `f\(n\)`"):
        problem_from_words(statement)
    assert problem_from_words(statement, entry_points=["f"]).entry_points == ("f",)


def test_names_in_the_statement_do_not_matter_where_there_are_tests() -> None:
    assert problem_from_words("Write f like g(n).", ["f(1) == 1"]).entry_points == ("f",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("double.py", 'def double(n: int) -> int:\n    """Twice n."""\n'),
        ("double.md", "# Twice\n\nWrite `double(n)`, twice n.\n"),
        ("double.toml", 'statement = "Twice n."\nentry_points = ["double"]\n'),
        ("double.yaml", "statement: Write double(n), twice n.\ntests: []\n"),
        ("double.toml", 'statement = "Write it."\nheld_back = ["double(2) == 4"]\n'),
    ],
)
def test_every_format_may_leave_the_tests_to_a_model(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    problem = load_problem(tmp_path / name)
    assert (problem.entry_points, len(problem.tests)) == (("double",), 0)
    (tmp_path / "dumped.yaml").write_text(dump_problem(problem))
    assert load_problem(tmp_path / "dumped.yaml") == problem
