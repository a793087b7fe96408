"""Read APPS: question, input_output (JSON: inputs, outputs, perhaps fn_name), solutions (JSON), starter_code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from orps_agent.domain.artifact import Program
from orps_agent.domain.problem import TestSuite
from orps_agent.errors import ProblemError
from orps_agent.problems.problem_file import parse_python

from .base import Fields
from .calls import Callee, program_statement, program_test
from .fields import from_json, identifier, items, text, texts
from .task import Task, check_task

NEEDS = ("question", "input_output")


def apps_task(fields: Fields) -> Task:
    """Read the task in a row; raises ProblemError when the row holds none."""
    cases = from_json(text(fields, "input_output"), "input_output")
    if not isinstance(cases, dict):
        raise ProblemError(f"input_output is not an object but {cases!r:.40}")
    inputs, outputs = (items(cases.get(key), f"{key} of input_output") for key in ("inputs", "outputs"))
    if len(inputs) != len(outputs):
        raise ProblemError(f"input_output has {len(inputs)} inputs and {len(outputs)} outputs")
    name = cases.get("fn_name")
    gold = _gold(fields)
    parts = _programs(fields, inputs, outputs) if name is None else _calls(fields, str(name), gold, inputs, outputs)
    id_ = identifier(fields, "id", "problem_id", "task_id", prefix="apps")
    task = Task(id=id_, gold=None if gold is None else Program(gold), **parts)
    check_task(task, tests=1)
    return task


def _gold(fields: Fields) -> str | None:
    """Return the first solution that is Python 3, as many are not; None when there are no solutions at all."""
    given = text(fields, "solutions", "")
    solutions = texts(from_json(given, "solutions"), "solutions") if given.strip() else []
    for solution in solutions:
        try:
            parse_python(solution, "solution")
        except ProblemError:
            continue
        return solution
    if solutions:
        raise ProblemError(f"gold solution: none of the {len(solutions)} solutions is Python 3")
    return None


def _programs(fields: Fields, inputs: Sequence[Any], outputs: Sequence[Any]) -> dict[str, Any]:
    tests = [
        program_test(number, _lines(given, "an input"), _lines(wanted, "an output"))
        for number, (given, wanted) in enumerate(zip(inputs, outputs, strict=True), start=1)
    ]
    return {"statement": program_statement(text(fields, "question")), "real": TestSuite(tests=tuple(tests))}


def _lines(value: object, what: str) -> str:
    return value if isinstance(value, str) else "\n".join(texts(value, what))


def _calls(
    fields: Fields, name: str, gold: str | None, inputs: Sequence[Any], outputs: Sequence[Any]
) -> dict[str, Any]:
    callee = Callee(name, text(fields, "starter_code", ""), gold)
    wrapped = all(isinstance(wanted, list) and len(wanted) == 1 for wanted in outputs)
    tests = [
        callee.test(number, [_keys(each) for each in items(given, "an input")], *_wanted(wanted, wrapped=wrapped))
        for number, (given, wanted) in enumerate(zip(inputs, outputs, strict=True), start=1)
    ]
    return {
        "statement": callee.statement(text(fields, "question")),
        "entry_points": callee.entry_points,
        "real": TestSuite(setup=callee.setup, tests=tuple(tests)),
    }


def _wanted(output: Any, *, wrapped: bool) -> list[Any]:
    """Return the accepted results: where outputs are wrapped in a list, both forms are accepted, as in APPS."""
    return [_keys(output[0]), [_keys(output[0])]] if wrapped else [_keys(output)]


def _keys(value: Any) -> Any:
    """Turn the keys of a dictionary back into integers when JSON made them texts."""
    if isinstance(value, dict) and value and all(re.fullmatch(r"-?\d+", key) for key in value):
        return {int(key): each for key, each in value.items()}
    return value
