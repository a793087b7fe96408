"""Test the solution as a value, and its JSON, which stays that of the time when a solution was a bare text."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from orps_agent.domain.artifact import Program
from orps_agent.domain.candidate import Candidate
from orps_agent.domain.document import ExplainedSearch, SearchDocument
from orps_agent.domain.execution import NotAnalysable
from orps_agent.domain.language import LANGUAGES, Language
from orps_agent.domain.problem import Problem, SnippetTest, TestSuite
from orps_agent.domain.result import SearchResult
from orps_agent.errors import ProblemError
from orps_agent.settings import SearchConfig
from orps_agent.tools.analysis.complexity import analyse
from orps_agent.tools.analysis.tamper import suspicions
from tests.support.samples import DOUBLE

ONE = "def f():\n    return 1\n"
TWO = "def f():\n    return 2\n"


@pytest.fixture(name="shell")
def _shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LANGUAGES, "shell", Language(name="shell", fence="sh", file_name="solution.sh"))


def test_a_fingerprint_is_the_same_in_every_process_and_tells_sources_apart() -> None:
    known = "c22a87f792aa17874e0331bd4301f76cf968463ece326fc33e1a5e2c2d6cf268"
    assert Program(ONE).fingerprint == Program(ONE, "python").fingerprint == known
    assert len({Program(each).fingerprint for each in (ONE, TWO, "", " ", "\ud800")}) == 5


@pytest.mark.usefixtures("shell")
def test_the_same_text_in_another_language_is_another_program() -> None:
    assert Program(ONE, "shell") != Program(ONE)
    assert Program(ONE, "shell").fingerprint != Program(ONE).fingerprint
    assert Program(ONE, "shell").text == f"```sh\n{ONE}\n```"


@pytest.mark.usefixtures("shell")
async def test_only_python_is_analysed() -> None:
    suite = TestSuite(tests=(SnippetTest(name="1", code="assert double(123456) == 246912"),))
    cheat = "def double(n):\n    if n == 123456: return 246912\n    return n + n\n"
    assert await suspicions(Program(cheat), suite) != ()
    assert await suspicions(Program(cheat, "shell"), suite) == ()
    assert await analyse(Program(cheat, "shell")) == NotAnalysable(reason="shell is not analysed")


def test_a_language_that_is_not_known_is_refused() -> None:
    with pytest.raises(ProblemError, match="language 'cobol' is not known: use one of python"):
        Program(ONE, "cobol")


def test_prompts_quote_a_program_in_a_fence_and_an_empty_one_not_at_all() -> None:
    assert Program(ONE).text == f"```python\n{ONE}\n```"
    assert (bool(Program(ONE)), bool(Program("")), Program("").text) == (True, False, "")
    assert Candidate(id="0", round=0, hint="h", reasoning="Think.", solution=Program("")).turn == "Think."


def test_a_diff_names_the_file_and_shows_what_changed() -> None:
    assert Program(ONE).diff(Program(TWO)) == (
        "--- solution.py\n+++ solution.py\n@@ -1,2 +1,2 @@\n def f():\n-    return 1\n+    return 2\n"
    )
    assert Program(ONE).diff(Program(ONE)) == ""


LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\x0c\u2028\n", "\n", "last"]), max_size=12).map("".join)


@settings(max_examples=25, deadline=None)
@given(before=LINES, after=LINES)
def test_a_diff_is_one_that_git_can_apply(tmp_path_factory: pytest.TempPathFactory, before: str, after: str) -> None:
    diff = Program(before).diff(Program(after))
    assert bool(diff) == (before != after)
    if not (before and after and diff):  # a patch that makes or empties a file has another head
        return
    folder: Path = tmp_path_factory.mktemp("diff")
    (folder / "solution.py").write_bytes(before.encode())
    command = ["git", "apply", "-p0", "--whitespace=nowarn", "-"]
    subprocess.run(command, cwd=folder, input=diff.encode(), check=True)
    assert (folder / "solution.py").read_bytes() == after.encode()


OLD = {"id": "0", "round": 0, "hint": "h", "status": "open", "reasoning": "R", "critique": "K", "process": 3}
RESULT = {
    "search": "abcd",
    "problem": "double",
    "first": None,
    "winner": None,
    "reason": "rounds",
    "why": "it passes",
    "candidates": 1,
}


@pytest.mark.parametrize("code", [ONE, "", None, "broken ("])
def test_a_candidate_in_json_is_as_it_was(code: str | None) -> None:
    found = Candidate.model_validate_json(json.dumps({**OLD, "code": code}))
    assert found.solution == (None if code is None else Program(code))
    assert found.code == code
    assert found.outline.written is bool(code)
    told = json.loads(found.model_dump_json())
    assert told["code"] == code
    assert "solution" not in told
    assert list(told)[5:8] == ["reasoning", "code", "report"]
    assert Candidate.model_validate_json(found.model_dump_json()) == found == Candidate(**dict(found))


def test_documents_and_results_hold_the_bare_source() -> None:
    node = Candidate(id="0", round=0, hint="h", solution=Program(ONE))
    facts = ExplainedSearch(
        id="abcd",
        created_at=0,
        status="finished",
        problem=DOUBLE,
        config=SearchConfig(),
        programmer="m",
        critic="m",
        winner="0",
    )
    document = SearchDocument.of(facts, [node])
    assert json.loads(document.model_dump_json())["candidates"][0]["code"] == ONE
    assert SearchDocument.model_validate_json(document.model_dump_json()) == document
    result = SearchResult.model_validate({**RESULT, "winner": node, "first": {**OLD, "code": TWO}})
    assert (result.code, result.solution, result.first and result.first.code) == (ONE, Program(ONE), TWO)
    assert SearchResult.model_validate_json(result.model_dump_json()) == result


def test_a_gold_solution_is_text_in_json() -> None:
    problem = Problem(id="p", statement="Write f.", entry_points=("f",), tests=TestSuite(), gold=Program(ONE))
    assert json.loads(problem.model_dump_json())["gold"] == ONE
    assert Problem.model_validate_json(problem.model_dump_json()) == problem
    assert problem.signatures == ("def f()",)


@pytest.mark.parametrize(("model", "key"), [(Candidate, "code"), (Problem, "gold")])
@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_schema_says_that_it_is_text(model: type[BaseModel], key: str, mode: str) -> None:
    schema = model.model_json_schema(mode=mode)  # type: ignore[arg-type]
    assert schema["properties"][key]["anyOf"] == [{"type": "string"}, {"type": "null"}]


@pytest.mark.parametrize("code", [5, ["x"], {"source": ONE}])
def test_what_is_not_text_is_no_solution(code: object) -> None:
    with pytest.raises(ValidationError, match=r"code\s+Input should be a valid string"):
        Candidate.model_validate({**OLD, "code": code})
