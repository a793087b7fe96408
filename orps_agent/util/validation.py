"""Errors of pydantic as one line."""

from __future__ import annotations

from pydantic import ValidationError


def first_problem(error: ValidationError) -> str:
    """The first complaint of a pydantic error in one line: where, what, and the value when it is a plain one."""
    details = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(step) for step in details["loc"]) or "value"
    what = "unknown key" if details["type"] == "extra_forbidden" else details["msg"].removeprefix("Value error, ")
    # What is in the wrong place may be a key, and what is our own complaint says as much as it may.
    given = details.get("input") if details["type"] not in ("extra_forbidden", "value_error") else None
    shown = f" (given: {given!r})" if isinstance(given, (str, int, float, bool)) else ""
    return f"{where}: {what}{shown}"
