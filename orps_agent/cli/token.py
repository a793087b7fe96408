"""Implement `orps token`: manage the access tokens of the service."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import anyio
import typer
from pydantic import ValidationError
from rich.table import Table

from orps_agent.errors import SettingsError
from orps_agent.serve.tokens import Tokens
from orps_agent.settings import Settings
from orps_agent.settings.service_settings import ClientLimits
from orps_agent.store import Token, store_of
from orps_agent.util.validation import first_problem

from .options import Db, settings_from
from .output import err, out

Result = TypeVar("Result")
app = typer.Typer(name="token", add_completion=False, help="Tokens for clients of `orps serve`.", no_args_is_help=True)


@app.command("create")
def create(
    client: Annotated[str, typer.Argument(help="Name of the token's owner: a person, a team, a program.")],
    concurrency: Annotated[
        int | None, typer.Option(min=1, help="Number of its searches that run at the same time.")
    ] = None,
    max_calls: Annotated[int | None, typer.Option(min=1, help="Limit of model calls over all its searches.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Limit of tokens over all its searches.")] = None,
    max_cost: Annotated[float | None, typer.Option(help="Limit in USD over all its searches.")] = None,
    db: Db = None,
) -> None:
    """Create a token and print it once: only its hash is stored.

    Limits apply to the client, whichever of its tokens it uses, and replace those in the settings; the newest apply.
    """
    limits = _limits({"concurrency": concurrency, "calls": max_calls, "tokens": max_tokens, "cost": max_cost})
    token, secret = anyio.run(_on_tokens, settings_from(db=db), lambda tokens: tokens.create(client, limits))
    err.print(f"token {token.id} of {client}; save it now, it cannot be shown again:", markup=False)
    out.print(secret, markup=False, soft_wrap=True)


@app.command("list")
def list_tokens(db: Db = None) -> None:
    """List the tokens without their secrets."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("id", "client", "made", "in force", "limits"):
        table.add_column(name, no_wrap=True)
    for each in anyio.run(_on_tokens, settings_from(db=db), lambda tokens: tokens.list_all()):
        made = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.created_at))
        table.add_row(each.id, each.client, made, "yes" if each.revoked_at is None else "revoked", _words(each))
    out.print(table)


@app.command("revoke")
def revoke(
    token: Annotated[str, typer.Argument(help="Id of the token, from `orps token list`.")], db: Db = None
) -> None:
    """Revoke a token, with immediate effect."""
    anyio.run(_on_tokens, settings_from(db=db), lambda tokens: tokens.revoke(token))
    out.print(f"token {token} is revoked", markup=False)


def _limits(given: dict[str, float | None]) -> ClientLimits | None:
    """Return the limits, or None if there are none; raise SettingsError, which names the flag."""
    if all(each is None for each in given.values()):
        return None
    try:
        return ClientLimits.model_validate(given)
    except ValidationError as error:
        raise SettingsError(f"limits: {first_problem(error)}") from error


def _words(token: Token) -> str:
    given = token.limits.model_dump(exclude_none=True) if token.limits else {}
    return ", ".join(f"{name} {each:,}" for name, each in given.items())


async def _on_tokens(settings: Settings, do: Callable[[Tokens], Awaitable[Result]]) -> Result:
    async with store_of(settings) as store:
        return await do(Tokens(store))
