"""Read the fields of a row and check that they have the type that the format requires; ProblemError otherwise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from orps_agent.errors import ProblemError

from .base import Fields


def text(fields: Fields, key: str, default: str | None = None) -> str:
    """Return a text field; without a default it may not be missing or blank."""
    value = fields.get(key)
    if value is None or value == "":
        value = default
    if value is None:
        raise ProblemError(f"{key} is missing")
    if not isinstance(value, str):
        raise ProblemError(f"{key} is not text but {value!r:.40}")
    if default is None and not value.strip():
        raise ProblemError(f"{key} is empty")
    return value


def identifier(fields: Fields, *keys: str, prefix: str) -> str:
    """Return the task's id, from the first of the keys that has a value: `mbpp/11` for a bare `11` of `mbpp`."""
    given = next((fields[key] for key in keys if fields.get(key) not in (None, "")), None)
    if not isinstance(given, (int, str)):
        raise ProblemError(f"{keys[0]} is missing" if given is None else f"{keys[0]} is not text but {given!r:.40}")
    return str(given) if "/" in str(given) else f"{prefix}/{given}"


def items(value: object, what: str) -> Sequence[Any]:
    """Return the value as a list of anything; `what` names it in errors."""
    if not isinstance(value, (list, tuple)):
        raise ProblemError(f"{what} is not a list but {value!r:.40}")
    return value


def texts(value: object, what: str) -> list[str]:
    """Return the value as a list of texts; `what` names it in errors."""
    found = items(value, what)
    if not all(isinstance(each, str) for each in found):
        raise ProblemError(f"{what} is not a list of texts")
    return list(found)


def from_json(value: str, what: str) -> Any:
    """Parse a text as JSON; `what` names it in errors."""
    try:
        return json.loads(value)
    except ValueError as error:
        raise ProblemError(f"{what} is not valid JSON: {error}") from error
