"""Implement `orps cancel`: end a search early."""

from __future__ import annotations

import anyio

from orps_agent.archive import Archive
from orps_agent.settings import Settings

from .options import Db, Search, settings_from
from .output import out


def cancel(search: Search, db: Db = None) -> None:
    """End a search and keep what it found; `orps resume` can still continue it."""
    out.print(anyio.run(_cancel, settings_from(db=db), search), markup=False)


async def _cancel(settings: Settings, search: str) -> str:
    async with Archive(settings) as archive:
        row = await archive.search(search)
        if await archive.cancel(row.id):
            return f"search {row.id} is cancelled"
        return (
            f"requested process {row.owner_pid} on {row.owner_host} to end search {row.id}: "
            "it stores the calls in flight first"
        )
