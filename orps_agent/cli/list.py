"""`orps list`: the searches of a database."""

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
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """List the searches, newest first."""
    rows = anyio.run(_rows, settings_from(db=db), limit)
    if as_json:
        keep = {"id", "created_at", "finished_at", "status", "reason", "programmer", "critic", "winner"}
        documents = [row.model_dump(mode="json", include=keep) | {"problem": row.problem.id} for row in rows]
        print(json.dumps(documents, indent=2))  # noqa: T201 - the document, unwrapped
        return
    if not rows:
        out.print("No searches yet: start one with `orps solve`, or look at one with `orps demo`.", markup=False)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    shown = [name for name in _COLUMNS if out.width >= _FROM_WIDTH.get(name, 0)]
    for name in shown:
        table.add_column(name, no_wrap=name not in ("problem", "model"), overflow="fold")
    for row in rows:
        table.add_row(*(_COLUMNS[name](row) for name in shown))
    out.print(table)


_COLUMNS: dict[str, Callable[[Search], str]] = {
    "id": lambda row: row.id,
    "started": lambda row: time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created_at)),
    "status": lambda row: row.status,
    "problem": lambda row: safe(row.problem.id),
    "winner": lambda row: row.winner or "-",
    "model": lambda row: safe(Path(row.programmer).name),
}
_FROM_WIDTH = {"started": 60, "model": 70}
"""Columns for which a narrow terminal has no room."""


async def _rows(settings: Settings, limit: int) -> list[Search]:
    async with Archive(settings) as archive:
        return await archive.searches(limit)
