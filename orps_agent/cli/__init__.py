"""The `orps` command: one module a command, all of them thin over the Python API.

A command's module is imported when that command is asked for (help asks for all of them), and what is slow to import,
LangGraph and the endpoint's client, when it runs: `orps show` must not wait for what a benchmark needs.
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
Exit codes: 0 all tests pass; 1 a best solution was found, but it does not pass all tests; 2 bad usage; 3 could not run
(endpoint, sandbox or database); 130 or 143 interrupted, to be resumed.
"""

HOMES = {
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
"""Where each command lives, in the order of help: a module, and its function or its group of commands."""


def home(name: str) -> typer.Typer | Callable[..., object]:
    """The function of a command, or the group of commands that it is."""
    module, member = HOMES[name]
    found: typer.Typer | Callable[..., object] = getattr(import_module(f".{module}", __name__), member)
    return found


class _Commands(Mapping[str, "Command"]):
    """The commands by name, each made when it is asked for."""

    def __getitem__(self, name: str) -> Command:
        found = home(name)
        if isinstance(found, typer.Typer):
            return get_command(found)
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        single.command(name)(found)
        return get_command(single)

    def __iter__(self) -> Iterator[str]:
        return iter(HOMES)

    def __len__(self) -> int:
        return len(HOMES)


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
    """Searches for correct and fast code: samples, runs, measures, criticises, and goes on from the best."""


def main() -> None:
    """Run a command; an error of ours is one line and an exit code, never a traceback."""
    # Modules and rows are made by the ten thousand, and stay: looking for garbage every 700 is time for nothing.
    set_threshold(50_000)
    # No command has a use for plugins of pydantic, which it would look for in every package that is installed.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        app()
    except OrpsError as error:
        fail(error)
        sys.exit(2 if isinstance(error, UsageError) else 3)
