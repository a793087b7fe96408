"""Format pydantic's errors as one line."""

from __future__ import annotations

from pydantic import ValidationError


def first_problem(error: ValidationError) -> str:
    """Return the first error of a ValidationError in one line: place, problem, and the value if it is simple."""
    details = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(step) for step in details["loc"]) or "value"
    what = "unknown key" if details["type"] == "extra_forbidden" else details["msg"].removeprefix("Value error, ")
    # An unexpected value may be a secret key, and our own messages already show as much as they may.
    given = details.get("input") if details["type"] not in ("extra_forbidden", "value_error") else None
    shown = f" (given: {given!r})" if isinstance(given, (str, int, float, bool)) else ""
    return f"{where}: {what}{shown}"
