"""Define the `orps` command: one module per command, each a thin layer over the Python API.

A command's module is imported when that command is looked up (the help looks all of them up). Packages that are slow
to import, such as LangGraph and the client of the endpoint, are imported when the command runs: `orps show` must not
wait for what a benchmark needs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from gc import set_threshold  # `gc` itself is the module of a command here
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command

from orps_agent.errors import OrpsError, UsageError

from .output import fail

if TYPE_CHECKING:
    from typer._click import Command

EXIT_CODES = """
Exit codes: 0 all tests pass; 1 the best solution does not pass all tests; 2 bad usage; 3 could not run
(endpoint, sandbox or database); 130 or 143 interrupted, can be resumed.
"""

COMMANDS = {
    "solve": ("solve", "solve"),
    "resume": ("resume", "resume"),
    "list": ("list", "list_searches"),
    "show": ("show", "show"),
    "cancel": ("cancel", "cancel"),
    "fork": ("fork", "fork"),
    "replay": ("replay", "replay"),
    "export": ("export", "export"),
    "gc": ("gc", "gc"),
    "mcp": ("mcp", "mcp"),
    "doctor": ("doctor", "doctor"),
    "demo": ("demo", "demo"),
    "serve": ("serve", "serve"),
    "model": ("model", "app"),
    "bench": ("bench", "app"),
    "token": ("token", "app"),
}
"""Module of each command, and the name of its function or of its group of commands, in the order of the help."""


def load_command(name: str) -> typer.Typer | Callable[..., object]:
    """Import and return the function of a command, or its group of subcommands."""
    module, member = COMMANDS[name]
    found: typer.Typer | Callable[..., object] = getattr(import_module(f".{module}", __name__), member)
    return found


class _Commands(Mapping[str, "Command"]):
    """Map names to commands, and build each command when it is looked up."""

    def __getitem__(self, name: str) -> Command:
        found = load_command(name)
        if isinstance(found, typer.Typer):
            return get_command(found)
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        single.command(name)(found)
        return get_command(single)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Group(TyperGroup):
    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = cast("dict[str, Command]", _Commands())  # none is ever added


app = typer.Typer(
    name="orps",
    cls=_Group,
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _orps() -> None:
    """Search for correct and fast code: sample, run, measure and criticise candidates, and refine the best."""


def main() -> None:
    """Run a command; print an OrpsError as one line and exit with its code, without a traceback."""
    # Modules and rows are created by the ten thousand and stay alive: a collection every 700 objects finds nothing.
    set_threshold(50_000)
    # No command uses plugins of pydantic, which pydantic would look for in every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        app()
    except OrpsError as error:
        fail(error)
        sys.exit(2 if isinstance(error, UsageError) else 3)
