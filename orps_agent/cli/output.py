"""Print for the commands: results on stdout, everything else on stderr, control codes in texts of models escaped."""

from __future__ import annotations

import json
import sys

from rich.console import Console

from orps_agent.errors import OrpsError
from orps_agent.util.text import safe

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


def fail(error: OrpsError) -> None:
    """Print an error as one line on stderr; with --json, also as a document on stdout."""
    if "--json" in sys.argv:
        print(json.dumps({"error": type(error).__name__, "message": str(error)}))  # noqa: T201 - the document
    err.print("[bold red]error:[/] ", end="")
    err.print(safe(str(error)), markup=False, soft_wrap=True)
