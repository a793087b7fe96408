"""Load problems: which file is read how, from words, from the examples and the documentation."""

import os
import re
from pathlib import Path

import pytest

from orps_agent.domain.artifact import Program
from orps_agent.errors import ProblemError
from orps_agent.problems import load_problem, problem_from_words
from orps_agent.settings import ExecutorSettings
from orps_agent.tools.executor import SplitExecutor
from tests.support import ROOT

EXAMPLES = ["running_median.yaml", "roman.toml", "tally.toml", "free_slots.md", "ring_buffer.py"]
RING_BUFFER = """
from collections import deque


class Ring:
    def __init__(self, size):
        if size < 1:
            raise ValueError("size must be at least 1")
        self.things = deque(maxlen=size)

    def push(self, thing):
        self.things.append(thing)

    def items(self):
        return list(self.things)


def last(things, count):
    return list(deque(things, maxlen=count))
"""


@pytest.mark.parametrize("name", EXAMPLES)
async def test_the_gold_solution_of_every_example_passes_and_an_empty_one_does_not(name: str) -> None:
    problem = load_problem(ROOT / "examples" / name)
    gold = problem.gold or Program(RING_BUFFER)
    async with SplitExecutor(ExecutorSettings()) as executor:
        for suite in filter(None, (problem.tests, problem.held_back)):
            for solution, passes in ((gold, True), (Program("x = 1\n"), False)):
                report = await executor.run(solution, suite, entry_points=problem.entry_points, limits=problem.limits)
                assert report.all_passed is passes, report.results


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_statement_gives_the_held_back_tests_or_the_gold_solution_away(name: str) -> None:
    problem = load_problem(ROOT / "examples" / name)
    hidden = [test.code for test in problem.held_back.tests if test.kind == "snippet"] if problem.held_back else []
    gold = problem.gold.source if problem.gold else RING_BUFFER
    assert not any(code in problem.statement for code in [*hidden, gold])


DOCUMENTED = re.findall(
    r"`([\w.]+)`:?\n\n(`{3,})\w+\n(.*?)\n\2\n", (ROOT / "docs/problems.md").read_text("utf-8"), re.DOTALL
)


def test_the_documentation_has_an_example_of_every_format(tmp_path: Path) -> None:
    for name, _, text in DOCUMENTED:
        (tmp_path / name).write_text(text + "\n")
    loaded = {Path(name).suffix: load_problem(tmp_path / name) for name, _, _ in DOCUMENTED if "test_" not in name}
    assert set(loaded) == {".toml", ".yaml", ".md", ".py"}


def test_every_fenced_example_in_the_documentation_is_one_of_those() -> None:
    fences = re.findall(r"^(`{3,})(?:toml|yaml|markdown|python)\n", (ROOT / "docs/problems.md").read_text(), re.M)
    inside = sum(text.count("```python") for _, _, text in DOCUMENTED)
    assert len(fences) - inside == len(DOCUMENTED)


def test_a_problem_from_words_has_tests_a_name_and_entry_points() -> None:
    problem = problem_from_words(
        "Write double(n), twice n.", ["assert double(2) == 4", "double(0) == 0"], [" not double(0) "]
    )
    assert problem.id == "write-double-n-twice-n"
    assert problem.entry_points == ("double",)
    assert [test.code for test in problem.tests.tests] == ["assert double(2) == 4", "assert double(0) == 0"]
    assert problem.held_back is not None
    assert [test.code for test in problem.held_back.tests] == ["assert not double(0)"]


@pytest.mark.parametrize(
    ("statement", "tests", "message"),
    [
        (" \n", ["f(1) == 1"], "command line: has no statement; describe in words what to write"),
        ("Write f.", [], "command line: has no tests; add at least one, such as `assert f(2) == 4`"),
        ("Write f.", ["f(1) == 1", "f(1 == 1"], "test '2', line 1: is not valid Python: '(' was never closed"),
        ("Write f.", ["f(1)"], "test '1': checks no result; write `assert ... == ...`: f(1)"),
        ("Write f.", ["1 == 1"], "the tests do not show which names to write"),
        ("Write f.", ["f(1) == ture"], "test '1': nothing defines 'ture'"),
    ],
)
def test_words_that_make_no_problem_are_refused(statement: str, tests: list[str], message: str) -> None:
    with pytest.raises(ProblemError, match=re.escape(message)):
        problem_from_words(statement, tests)


def test_the_last_comparison_of_several_statements_is_asserted() -> None:
    problem = problem_from_words("Write f.", ['name = "é"; f(name) == (\n    1\n)'])
    assert problem.tests.tests[0].code == 'name = "é"; assert f(name) == (\n    1\n)'  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("words", "expected"), [("数 を 足す", "数-を-足す"), ("!?", "problem"), ("a" * 300, "problem")]
)
def test_any_statement_gives_an_id(words: str, expected: str) -> None:
    assert problem_from_words(words, ["f(1) == 1"]).id == expected


def test_files_that_cannot_be_problems(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "latin.toml").write_bytes('statement = "é"'.encode("latin-1"))
    (tmp_path / "data.json").write_text("{}")
    (tmp_path / "big.yaml").write_bytes(b"#" * (2**20 + 1))
    os.mkfifo(tmp_path / "pipe.toml")
    reasons = {
        "folder.toml": "is a directory",
        "latin.toml": "byte 13 is not UTF-8",
        "data.json": "unknown kind of problem; use .toml, .yaml, .md or .py",
        "none.toml": "there is no such file",
        "big.yaml": "is larger than 1 MiB",
        "pipe.toml": "is not an ordinary file",
        f"{'long' * 100}.toml": "cannot be read: File name too long",
    }
    for name, reason in reasons.items():
        with pytest.raises(ProblemError, match=reason):
            load_problem(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_read_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.toml"
    path.touch(mode=0)
    with pytest.raises(ProblemError, match="cannot be read: Permission denied"):
        load_problem(path)


def test_only_a_markdown_statement_takes_a_tests_file(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="has its own tests"):
        load_problem(ROOT / "examples/roman.toml", tmp_path / "test_roman.py")
