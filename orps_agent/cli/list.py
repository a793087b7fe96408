"""Implement `orps list`: list the searches of a database."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import anyio
import typer
from rich.table import Table

from orps_agent.archive import Archive
from orps_agent.domain.search import Search
from orps_agent.settings import Settings
from orps_agent.util.text import safe

from .options import Db, Json, settings_from
from .output import out


def list_searches(
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of searches, newest first.")] = 20,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """List the searches, newest first."""
    searches = anyio.run(_searches, settings_from(db=db), limit)
    if as_json:
        documents = [search.header | {"status": search.status} for search in searches]
        print(json.dumps(documents, indent=2))  # noqa: T201 - the document, unwrapped
        return
    if not searches:
        out.print("No searches yet: start one with `orps solve`, or try `orps demo`.", markup=False)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    shown = [name for name in _COLUMNS if out.width >= _MIN_WIDTH.get(name, 0)]
    for name in shown:
        table.add_column(name, no_wrap=name not in ("problem", "model"), overflow="fold")
    for search in searches:
        table.add_row(*(_COLUMNS[name](search) for name in shown))
    out.print(table)


_COLUMNS: dict[str, Callable[[Search], str]] = {
    "id": lambda search: search.id,
    "started": lambda search: time.strftime("%Y-%m-%d %H:%M", time.localtime(search.created_at)),
    "status": lambda search: search.status,
    "problem": lambda search: safe(search.problem.id),
    "winner": lambda search: search.winner or "-",
    "model": lambda search: safe(Path(search.programmer).name),
}
_MIN_WIDTH = {"started": 60, "model": 70}
"""Terminal width from which a column is shown, in characters."""


async def _searches(settings: Settings, limit: int) -> list[Search]:
    async with Archive(settings) as archive:
        return await archive.searches(limit)
