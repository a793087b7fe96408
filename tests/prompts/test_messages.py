"""Check prompts: nothing that the settings withhold is in them, and what is shared comes first."""

from pathlib import Path

import pytest

from orps_agent.domain.artifact import Program
from orps_agent.domain.candidate import Candidate
from orps_agent.domain.execution import ExecutionReport, TestResult, Verdict
from orps_agent.domain.problem import TestSuite
from orps_agent.errors import PromptError
from orps_agent.llm.base import Message
from orps_agent.prompts.messages import Prompts
from orps_agent.settings import QUICK, SearchConfig
from tests.support.samples import DOUBLE

REPORT = ExecutionReport(
    results=(
        TestResult(name="1", verdict=Verdict.PASS),
        TestResult(name="2", verdict=Verdict.FAIL, error="AssertionError", expected="10", actual="7"),
    )
)


def candidate(id_: str, code: str = "def double(n): return n + 2") -> Candidate:
    return Candidate(
        id=id_, round=0, hint="generic", reasoning="Add two.", code=code, report=REPORT, critique="Off.", process=2
    )


def told(messages: tuple[Message, ...]) -> str:
    return "\n".join(message.content for message in messages)


@pytest.mark.parametrize("name", ["standard", "compact"])
def test_earlier_attempts_come_after_all_that_is_shared_and_before_the_hint(name: str) -> None:
    prompts = Prompts(SearchConfig.model_validate({"prompts": name}))
    plain = prompts.programmer(DOUBLE, [candidate("0")], "generic")
    shown = prompts.programmer(DOUBLE, [candidate("0")], "generic", [candidate("0.0", "def double(n): return 7")])
    assert shown[:-1] == plain[:-1]
    before, hint = plain[-1].content.rsplit("\n\n", 1)
    assert shown[-1].content.startswith(before)
    assert shown[-1].content.endswith(hint)
    assert "1 of 2 tests" in shown[-1].content.removeprefix(before)
    assert ("return 7" in shown[-1].content) is (name == "standard"), "a small model copies the code that it is shown"


def test_a_template_of_attempts_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "attempts.j2").write_text("{{ attempt.turn }}")
    with pytest.raises(PromptError, match="attempt"):
        Prompts(SearchConfig(), tmp_path)


def test_a_programmer_is_told_that_a_model_wrote_the_tests() -> None:
    prompts = Prompts(SearchConfig())
    given, written = (prompts.programmer(DOUBLE, [], "verbose", written=each)[-1].content for each in (False, True))
    assert "which a model wrote" not in given
    assert given == written.replace(
        ", which a model wrote from the task; one that contradicts the task is wrong, do not follow it", ""
    )


def test_the_tester_sees_the_task_and_the_names_and_no_solution() -> None:
    problem = DOUBLE.model_copy(update={"tests": TestSuite(), "gold": Program("def double(n):\n    return n * 2")})
    for config in (SearchConfig(written_tests=7), QUICK.model_copy(update={"written_tests": 7})):
        asked = Prompts(config).tests(problem)
        assert problem.statement in asked[-1].content
        assert "def double(n)" in asked[-1].content
        assert "7" in asked[-1].content
        assert not any("n * 2" in each.content for each in asked)
        *before, _, repair = Prompts(config).tests_repair(asked, "?", problem)
        assert tuple(before) == asked
        assert "assert double(...)" in repair.content


def test_the_digest_tells_prompts_apart_by_every_file_that_they_are_made_of(tmp_path: Path) -> None:
    folders: list[Path | None] = [None]
    files = {
        "repair.j2": "Again: {{ what }}.",
        "hints.toml": "[[hints]]\nname = 'a'\ntext = 'A.'\n",
        "parts/included.j2": "Again.",
    }
    for number, (name, text) in enumerate(files.items()):
        file = tmp_path / str(number) / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
        folders.append(tmp_path / str(number))
    digests = [Prompts(SearchConfig(), folder).digest for folder in folders]
    assert len(set(digests)) == 4
    assert digests[0] == Prompts(SearchConfig()).digest
