"""Check that a problem that is written to a file is read back as it was."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orps_agent.domain.problem import Limits, Problem, ProgramTest, SnippetTest, TestSuite
from orps_agent.problems import dump_problem, load_problem

text = st.text(max_size=20)
words = text.filter(str.strip)
comments = st.lists(st.text("ab#'\" \\:-é\u2028\x85\t", max_size=9), max_size=3).map(
    lambda lines: "".join(f"# {line}\n" for line in lines)
)
snippets = st.builds(SnippetTest, name=text, code=comments.map("{}assert f(1) == 2\n".format))
programs = st.builds(ProgramTest, name=text, stdin=text, stdout=text, compare=st.sampled_from(["exact", "floats"]))


@st.composite
def suites(draw: st.DrawFn) -> TestSuite:
    tests = draw(st.lists(snippets | programs, min_size=1, max_size=4, unique_by=lambda test: test.name))
    module = draw(st.sampled_from([None, "solution"]))
    setup = draw(comments) + ("from solution import f\n" if module else "")
    return TestSuite(setup=setup, module=module, tests=tuple(tests))


problems = st.builds(
    Problem,
    id=st.text(min_size=1, max_size=20),
    statement=words,
    entry_points=st.just(("f",)),
    tests=suites(),
    held_back=st.none() | suites(),
    limits=st.builds(Limits, test_seconds=st.floats(0.1, 1e6), memory_mb=st.integers(64, 9999)),
    gold=st.none() | comments.map("{}def f(n): ...".format),
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems)
def test_loading_what_was_dumped_gives_the_same_problem(tmp_path_factory, problem: Problem) -> None:
    path: Path = tmp_path_factory.mktemp("dump") / "other.yaml"
    path.write_bytes(dump_problem(problem).encode())
    assert load_problem(path) == problem


def test_a_dumped_problem_reads_well() -> None:
    suite = TestSuite(tests=(SnippetTest(name="one", code="x = f(1)\nassert x == 2\n"),))
    dumped = dump_problem(Problem(id="p", statement="Write f.", entry_points=("f",), tests=suite))
    assert dumped.startswith("id: p\nstatement: Write f.\nentry_points:\n- f\n")
    assert "  code: |\n    x = f(1)\n    assert x == 2\n" in dumped
