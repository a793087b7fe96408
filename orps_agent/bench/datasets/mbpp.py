"""Read MBPP as published, its sanitized variant, and MBPP+ on the hub.

Columns: task_id, text, code, test_list, test_setup_code.

The sanitized variant has `prompt` and `test_imports` in place of `text` and `test_setup_code`. MBPP+ adds `test`, a
script that runs the code on many inputs: the script holds the real tests, `test_list` the weak ones.
"""

from __future__ import annotations

from orps_agent.domain.problem import TestSuite
from orps_agent.errors import ProblemError
from orps_agent.problems.problem_file import parse_python

from .base import Fields
from .fields import identifier, text, texts
from .loops import unrolled
from .snippets import numbered, snippet_task, suite_of
from .task import Task

NEEDS = ("task_id", "code", "test_list")


def mbpp_task(fields: Fields) -> Task:
    """Read the task in a row; raises ProblemError when the row holds none."""
    imports = texts(fields.get("test_imports") or [], "test_imports")
    setup = "\n".join([text(fields, "test_setup_code", ""), *imports]).strip()
    listed = suite_of(texts(fields.get("test_list"), "test_list"), setup)
    script = text(fields, "test", "")
    return snippet_task(
        identifier(fields, "task_id", prefix="mbpp"),
        text(fields, "text" if fields.get("prompt") is None else "prompt"),
        _plus_suite(script) if script else listed,
        text(fields, "code"),
        weak=listed if script else None,
    )


def _plus_suite(script: str) -> TestSuite:
    loop = unrolled(parse_python(script, "test").body)
    if loop is None:
        raise ProblemError("test does not end with a loop over lists of inputs and results")
    setup, turns = loop
    return TestSuite(setup=setup, tests=numbered(turns))
