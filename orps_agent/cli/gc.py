"""Implement `orps gc`: show and delete what a database no longer needs."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import anyio
import typer

from orps_agent.archive import Archive
from orps_agent.settings import Settings

from .options import Db, Json, settings_from
from .output import out

if TYPE_CHECKING:
    from orps_agent.store import Garbage

DAY = 86_400


def gc(
    older_than: Annotated[
        float | None,
        typer.Option(min=0, help="Also delete searches that ended more than this many days ago.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Free it without confirmation.")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Show what can be freed, then free it: old checkpoints, free pages, and searches if --older-than is given."""
    settings = settings_from(db=db)
    before = None if older_than is None else time.time() - older_than * DAY
    anyio.run(_gc, settings, before, yes, as_json)


async def _gc(settings: Settings, before: float | None, yes: bool, as_json: bool) -> None:
    async with Archive(settings) as archive:
        garbage = await archive.garbage(older_than=before)
        if not as_json:
            _describe(garbage)
        if yes or (sys.stdin.isatty() and typer.confirm("Free it?")):
            freed = await archive.collect(garbage)
            out.print_json(data={"freed_bytes": freed}) if as_json else out.print(f"Freed {_size(freed)}.")
        elif as_json:
            out.print_json(data={"searches": garbage.searches, "checkpoints": garbage.checkpoints})
        else:
            out.print("Nothing was freed: use --yes to free it.")


def _describe(garbage: Garbage) -> None:
    out.print(f"{len(garbage.searches)} searches with {_size(garbage.text_bytes)} of texts")
    out.print(f"checkpoints of an earlier version: {garbage.checkpoints} files")
    out.print(f"{_size(garbage.free_bytes)} of free pages in the file")


def _size(count: int) -> str:
    for unit in ("bytes", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count = count // 1000
    return f"{count} GB"
