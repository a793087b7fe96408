"""`orps list`: the searches of a database."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import anyio
import typer
from rich.table import Table

from orps_agent.archive import Archive
from orps_agent.settings import Settings
from orps_agent.store import SearchRow
from orps_agent.wording import safe

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
    for name in ("id", "started", "status", "problem", "winner", "model"):
        table.add_column(name, no_wrap=name == "id", overflow="fold")
    for row in rows:
        started = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created_at))
        table.add_row(
            row.id, started, row.status, safe(row.problem.id), row.winner or "-", safe(Path(row.programmer).name)
        )
    out.print(table)


async def _rows(settings: Settings, limit: int) -> list[SearchRow]:
    async with Archive(settings) as archive:
        return await archive.searches(limit)
