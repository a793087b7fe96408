"""Where the commands print: results on stdout, everything else on stderr, nothing of a model's as control codes."""

from __future__ import annotations

import json
import re
import sys

from rich.console import Console

from orps_agent.errors import OrpsError

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def safe(text: str) -> str:
    """The text with control characters made visible, so that nothing a model wrote can steer a terminal."""
    return _CONTROLS.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def fail(error: OrpsError) -> None:
    """One line on stderr; with --json, a document on stdout as well."""
    if "--json" in sys.argv:
        print(json.dumps({"error": type(error).__name__, "message": str(error)}))  # noqa: T201 - the document
    err.print("[bold red]error:[/] ", end="")
    err.print(safe(str(error)), markup=False, soft_wrap=True)
