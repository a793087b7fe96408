"""Read rows of the public ORPS data, of which LBPP's own format is a special case.

Columns: task_id, instruction, completion (a gold solution), test_setup, test_list (a Python list of assert snippets,
sometimes in one more pair of quotes); LBPP has others besides, and on the hub it packs its texts.
"""

from __future__ import annotations

import ast
import json

from orps_agent.errors import ProblemError
from orps_agent.util.syntax import quiet

from .base import Fields
from .fields import identifier, text, texts
from .packed import is_packed, unpack
from .snippets import snippet_task, suite_of
from .task import Task

NEEDS = ("task_id", "instruction", "completion", "test_list")


def orps_task(fields: Fields) -> Task:
    """Read the task in a row; raises ProblemError when the row holds none."""
    return snippet_task(
        identifier(fields, "task_id", prefix="orps"),
        text(fields, "instruction"),
        suite_of(_test_list(fields), _unpacked(fields, "test_setup", "")),
        _unpacked(fields, "completion"),
    )


def _unpacked(fields: Fields, key: str, default: str | None = None) -> str:
    value = text(fields, key, default)
    if not is_packed(value):
        return value
    inner = unpack(value, key)
    try:
        plain = json.loads(inner)
    except ValueError:
        return inner
    return plain if isinstance(plain, str) else inner


def _test_list(fields: Fields) -> list[str]:
    value = fields.get("test_list")
    if isinstance(value, str):
        value = _literal(_unpacked(fields, "test_list"))
    return texts(value, "test_list")


def _literal(source: str) -> object:
    try:
        with quiet():
            value = ast.literal_eval(source.strip())
            return ast.literal_eval(value) if isinstance(value, str) else value
    except (ValueError, SyntaxError, TypeError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise ProblemError(f"test_list is not a Python list: {reason}") from error
