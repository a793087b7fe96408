"""The `orps` command: one module a command, all of them thin over the Python API.

Commands import what is slow to import, LangGraph and the endpoint's client, when they run: help must come at once.
"""

from __future__ import annotations

import sys

import typer

from orps_agent.errors import OrpsError, UsageError

from . import (
    bench,
    cancel,
    demo,
    doctor,
    export,
    fork,
    gc,
    listing,
    mcp,
    model,
    replay,
    resume,
    serve,
    show,
    solve,
    token,
)
from .output import fail

EXIT_CODES = """
Exit codes: 0 all tests pass; 1 a best solution was found, but it does not pass all tests; 2 bad usage; 3 could not run
(endpoint, sandbox or database); 130 or 143 interrupted, to be resumed.
"""

app = typer.Typer(
    name="orps",
    help="Searches for correct and fast code: samples, runs, measures, criticises, and goes on from the best.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(solve.solve)
app.command()(resume.resume)
app.command("list")(listing.list_searches)
app.command()(show.show)
app.command()(cancel.cancel)
app.command()(fork.fork)
app.command()(replay.replay)
app.command()(export.export)
app.command()(gc.gc)
app.command()(mcp.mcp)
app.command()(doctor.doctor)
app.command()(demo.demo)
app.command()(serve.serve)
app.add_typer(model.app)
app.add_typer(bench.app)
app.add_typer(token.app)


def main() -> None:
    """Run a command; an error of ours is one line and an exit code, never a traceback."""
    try:
        app()
    except OrpsError as error:
        fail(error)
        sys.exit(2 if isinstance(error, UsageError) else 3)
