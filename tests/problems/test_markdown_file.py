"""Load problems from Markdown with a tests file beside it."""

import pytest

from orps_agent.domain.artifact import Program
from orps_agent.errors import ProblemError
from orps_agent.problems import load_problem

STATEMENT = """# Twice the number!

Write `double(n)`:

```python
# Tests
double(2)  # 4
```
"""
TESTS = """
## Tests

They are shown to the model.

```python
assert double(2) == 4
```
"""
HELD_BACK = """
### Held-Back Tests:

~~~py
assert double(123456) == 246912
~~~

Secret words.
"""
GOLD = """
Gold solution
-------------

```python
def double(n):
    return 2 * n
```
"""
AFTER = "\n## Notes\n\nNumbers may be negative.\n"


def test_the_sections_are_taken_out_of_the_statement(load) -> None:
    problem = load("p.md", STATEMENT + TESTS + HELD_BACK + GOLD + AFTER)
    assert problem.id == "twice-the-number"
    assert problem.statement == (STATEMENT + AFTER).strip()
    assert problem.gold == Program("def double(n):\n    return 2 * n\n")
    assert [test.code for test in problem.tests.tests] == ["assert double(2) == 4"]
    assert [test.code for test in problem.held_back.tests] == ["assert double(123456) == 246912"]
    assert problem.entry_points == ("double",)


def test_tests_are_named_by_their_line_in_the_file(load) -> None:
    text = STATEMENT + TESTS
    line = text.split("\n").index("assert double(2) == 4") + 1
    assert load("p.md", text).tests.tests[0].name == f"line {line}"


@pytest.mark.parametrize("name", ["test_p", "p_test"])
def test_a_tests_file_beside_is_found(load, name: str) -> None:
    problem = load("p.md", STATEMENT, **{name: "from p import double\nassert double(2) == 4\n"})
    assert problem.tests.module == "p"
    assert problem.entry_points == ("double",)


def test_a_tests_file_can_be_named(load, tmp_path) -> None:
    other = tmp_path / "checks.py"
    other.write_text("assert double(2) == 4")
    (tmp_path / "p.md").write_text("Write double.")
    problem = load_problem(tmp_path / "p.md", other)
    assert problem.id == "p"
    assert len(problem.tests) == 1
    with pytest.raises(ProblemError, match=r"none\.py: there is no such file"):
        load_problem(tmp_path / "p.md", tmp_path / "none.py")


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(load, tmp_path) -> None:
    text = STATEMENT + TESTS + HELD_BACK + GOLD
    plain = load("p.md", text)
    (tmp_path / "p.md").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert load_problem(tmp_path / "p.md") == plain


@pytest.mark.parametrize(
    ("text", "beside", "message"),
    [
        (
            "# Twice\n\nWrite something.",
            {},
            "p.md: has no tests; add at least one, such as `assert f(2) == 4`, or name",
        ),
        (STATEMENT + TESTS, {"test_p": "assert double(1) == 2"}, "has a section Tests and the tests file test_p.py"),
        (STATEMENT + TESTS + TESTS, {}, "has a second section 'Tests'; merge the two"),
        ("# Tests\n\nNone yet.", {}, "section 'tests': holds no code; put it between ```python and ```"),
        (TESTS, {}, "p.md: has no statement"),
        (STATEMENT + TESTS.replace("== 4", "== (4"), {}, "p.md, line 15: is not valid Python: '(' was never closed"),
        (STATEMENT + TESTS + GOLD.replace("double", "twice"), {}, "gold solution: does not define double"),
        (STATEMENT, {"test_p": "def f(:"}, "test_p.py, line 1: is not valid Python"),
        (STATEMENT, {"test_p": "import math"}, "test_p.py: has no tests; write asserts or functions named test_..."),
    ],
)
def test_markdown_that_is_refused(refused, text: str, beside: dict[str, str], message: str) -> None:
    assert message in refused("p.md", text, **beside)
