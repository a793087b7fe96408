"""`orps token`: who may ask the service."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import anyio
import typer
from rich.table import Table

from orps_agent.serve.tokens import Tokens
from orps_agent.settings import Settings
from orps_agent.store import Store

from .options import Db, settings_from
from .output import err, out

Result = TypeVar("Result")
app = typer.Typer(name="token", add_completion=False, help="Tokens for clients of `orps serve`.", no_args_is_help=True)


@app.command("create")
def create(
    client: Annotated[str, typer.Argument(help="Whose token it is: a person, a team, a program.")], db: Db = None
) -> None:
    """Make a token and print it, once: only its hash is stored."""
    token, secret = anyio.run(_on_tokens, settings_from(db=db), lambda tokens: tokens.create(client))
    err.print(f"token {token.id} of {client}; keep it, as nobody can tell it again:", markup=False)
    out.print(secret, markup=False, soft_wrap=True)


@app.command("list")
def list_tokens(db: Db = None) -> None:
    """List the tokens, without their secrets."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("id", "client", "made", "in force"):
        table.add_column(name, no_wrap=True)
    for each in anyio.run(_on_tokens, settings_from(db=db), lambda tokens: tokens.listed()):
        made = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.created_at))
        table.add_row(each.id, each.client, made, "yes" if each.revoked_at is None else "revoked")
    out.print(table)


@app.command("revoke")
def revoke(
    token: Annotated[str, typer.Argument(help="The token's id, as `orps token list` shows it.")], db: Db = None
) -> None:
    """Make a token worthless, at once."""
    anyio.run(_on_tokens, settings_from(db=db), lambda tokens: tokens.revoke(token))
    out.print(f"token {token} is revoked", markup=False)


async def _on_tokens(settings: Settings, do: Callable[[Tokens], Awaitable[Result]]) -> Result:
    async with Store(settings.db, durability=settings.durability) as store:
        return await do(Tokens(store))
