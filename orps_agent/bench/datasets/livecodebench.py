"""Read LiveCodeBench.

Columns: question_content, public_test_cases, private_test_cases (perhaps packed), starter_code, metadata.

The public tests are the weak ones; as in LiveCodeBench, a solution is judged on public and private tests together.
There are no gold solutions.
"""

from __future__ import annotations

from typing import Any

from orps_agent.domain.problem import ProgramTest, SnippetTest, TestSuite
from orps_agent.errors import ProblemError

from .base import Fields
from .calls import Callee, program_statement, program_test
from .fields import from_json, identifier, items, text
from .packed import is_packed, unpack
from .task import Task, check_task

NEEDS = ("question_content", "public_test_cases", "private_test_cases")


def livecodebench_task(fields: Fields) -> Task:
    """Read the task in a row; raises ProblemError when the row holds none."""
    public, private = _cases(fields, "public_test_cases"), _cases(fields, "private_test_cases")
    question = text(fields, "question_content")
    callee = _callee(fields, [*public, *private])
    tests = tuple(_test(number, case, callee) for number, case in enumerate([*public, *private], start=1))
    setup = callee.setup if callee else ""
    task = Task(
        id=identifier(fields, "question_id", "task_id", prefix="livecodebench"),
        statement=callee.statement(question) if callee else program_statement(question),
        entry_points=callee.entry_points if callee else (),
        weak=TestSuite(setup=setup, tests=tests[: len(public)]) if public else None,
        real=TestSuite(setup=setup, tests=tests),
    )
    check_task(task, tests=1)
    return task


def _cases(fields: Fields, key: str) -> list[dict[str, Any]]:
    value = fields.get(key)
    if isinstance(value, str):
        value = from_json(unpack(value, key) if is_packed(value) else value or "[]", key)
    cases = list(items(value if value is not None else [], key))
    if not all(isinstance(case, dict) for case in cases):
        raise ProblemError(f"{key} is not a list of objects")
    return cases


def _callee(fields: Fields, cases: list[dict[str, Any]]) -> Callee | None:
    """Return the function or method that the functional tests call; None when every test is a run of a program."""
    if not any(case.get("testtype") == "functional" for case in cases):
        return None
    metadata = fields.get("metadata") or "{}"
    known = from_json(metadata, "metadata") if isinstance(metadata, str) else metadata
    if not isinstance(known, dict) or not known.get("func_name"):
        raise ProblemError("metadata has no func_name, which the functional tests call")
    return Callee(str(known["func_name"]), text(fields, "starter_code", "class Solution:"), None)


def _test(number: int, case: dict[str, Any], callee: Callee | None) -> ProgramTest | SnippetTest:
    given, wanted = text(case, "input", ""), text(case, "output", "")
    if callee is None:
        return program_test(number, given, wanted)
    arguments = [from_json(line, "an input") for line in given.split("\n") if line.strip()]
    return callee.test(number, arguments, from_json(wanted, "an output"))
