"""Generate the page options.md from the commands' signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import get_args

import typer
from typer.models import ArgumentInfo

from orps_agent.cli import COMMANDS, load_command

from .words import words

MADE = "<!-- Made by `make docs` from orps_agent/cli: edit that, not this page. -->\n"
HEAD = """# Commands and options

This page lists what `orps COMMAND --help` prints. [command-line.md](command-line.md) shows how to use the commands;
the values of options that are not given come from the [settings](settings.md).
"""


def options_page() -> str:
    """Return the text of options.md."""
    tables = "\n".join(line for name, does in _commands() for line in _command(name, does))
    return f"{MADE}{HEAD}\n{tables}\n"


def _commands() -> Iterator[tuple[str, Callable[..., object]]]:
    for name in COMMANDS:
        found = load_command(name)
        if not isinstance(found, typer.Typer):
            yield f"orps {name}", found
            continue
        for each in found.registered_commands:
            if each.callback:
                yield f"orps {name} {each.name or each.callback.__name__}", each.callback


def _command(name: str, does: Callable[..., object]) -> Iterator[str]:
    parameters = list(inspect.signature(does, eval_str=True).parameters.values())
    yield f"## {name}\n\n{inspect.cleandoc(does.__doc__ or '')}\n"
    yield "| option | value | default | meaning |\n|---|---|---|---|"
    yield from (f"| {' | '.join(_parameter(each))} |" for each in parameters)
    yield ""


def _parameter(parameter: inspect.Parameter) -> tuple[str, str, str, str]:
    kind, told = get_args(parameter.annotation)
    if isinstance(told, ArgumentInfo):
        names = parameter.name.upper()
    else:
        given = (told.default, *(told.param_decls or ()))  # the first flag is where typer would have a default
        flags = [each for each in given if isinstance(each, str)] or [f"--{parameter.name.replace('_', '-')}"]
        names = ", ".join(f"`{each}`" for each in sorted(flags, key=len, reverse=True))
    least = [f"at least {told.min:g}"] if told.min is not None else []
    most = [f"at most {told.max:g}"] if told.max is not None else []
    value = "" if kind is bool else ", ".join([words(kind), *least, *most])
    empty = parameter.default in (None, False, parameter.empty)
    return names, value, "" if empty else f"`{parameter.default}`", told.help or ""
