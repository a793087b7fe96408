"""Define the options that several commands share, and convert them to settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orps_agent.budget.account import Budget
from orps_agent.errors import SettingsError
from orps_agent.settings import SearchConfig, Settings, changed, load_settings

Db = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="PATH",
        help="SQLite file of the searches, or the URL of a store. [env: ORPS_DB]",
        show_default=False,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        help="A model of the endpoint, `embedded`, a .gguf file, or scripted:FILE. [env: ORPS_MODEL]",
        show_default=False,
    ),
]
CriticModel = Annotated[
    str | None,
    typer.Option(help="A separate model for the critic. [env: ORPS_CRITIC_MODEL]", show_default=False),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(help="The OpenAI-compatible endpoint. [env: OPENAI_BASE_URL]", show_default=False),
]
Search = Annotated[str, typer.Argument(help="Id of the search, or a prefix of it.", show_default=False)]
Assign = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a setting of the search, as key=value. Repeatable.", show_default=False),
]
MaxCalls = Annotated[
    int | None, typer.Option(help="Stop after this many model calls, over all runs of the search.", show_default=False)
]
MaxTokens = Annotated[
    int | None, typer.Option(help="Stop before the search uses more tokens, prompts included.", show_default=False)
]
MaxCost = Annotated[
    float | None,
    typer.Option(help="Stop before the search costs more USD; the models need a price.", show_default=False),
]
MaxTime = Annotated[
    float | None,
    typer.Option(help="Start nothing new after the search has run for this many seconds.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a report.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the winning code and nothing else.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log every step to stderr.")]
Log = Annotated[
    Path | None,
    typer.Option(help="Also write the log to this file, as JSON lines. [env: ORPS_LOG]", show_default=False),
]
Unsafe = Annotated[
    bool,
    typer.Option(
        "--unsafe-exec", help="Run candidates even where they cannot be isolated from your account and files."
    ),
]


def settings_from(*, unsafe: bool = False, **flags: object) -> Settings:
    """Load the settings and override them with the flags; a flag that is None was not given."""
    settings = load_settings(**flags)
    if unsafe:
        settings = settings.model_copy(update={"executor": settings.executor.model_copy(update={"unsafe": True})})
    return settings


def config_from(base: SearchConfig, given: dict[str, object], assignments: list[str]) -> SearchConfig:
    """Return the search's settings: the base, overridden by flags, by `--set`, and by what the strategy fixes.

    Raises SettingsError, which names the setting, or PluginError.
    """
    from orps_agent.strategies import settled

    flags = {name: value for name, value in given.items() if value is not None}
    return settled(changed(base, flags | parse_assignments(assignments)))


def limits(
    calls: int | None = None, tokens: int | None = None, cost: float | None = None, seconds: float | None = None
) -> dict[str, object]:
    """Return the budget settings that the limit flags change; a flag that is None was not given."""
    given = {"calls": calls, "tokens": tokens, "cost": cost, "seconds": seconds}
    return {f"budget.{name}": value for name, value in given.items() if value is not None}


def parse_assignments(assignments: list[str]) -> dict[str, object]:
    """Parse `--set key=value` options into changed settings; raise SettingsError for an unknown key."""
    values: dict[str, object] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals or name not in _SETTABLE:
            known = ", ".join(_SETTABLE)
            raise SettingsError(f"--set {assignment}: must be key=value with one of the keys {known}")
        values[name] = (
            None if value == "none" and _optional(name) else value.split(",") if name == "winner_order" else value
        )
    return values


_SETTABLE = {name: field for name, field in SearchConfig.model_fields.items() if name != "budget"} | {
    f"budget.{name}": field for name, field in Budget.model_fields.items()
}


def _optional(name: str) -> bool:
    return _SETTABLE[name].default is None
