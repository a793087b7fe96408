"""`orps resume`: go on with an interrupted search."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer

from orps_agent.archive import Archive
from orps_agent.errors import SettingsError
from orps_agent.logs import configure
from orps_agent.settings import Settings

from .options import BaseUrl, Db, Json, Log, Quiet, Unsafe, Verbose, settings_from


def resume(
    search: Annotated[
        str | None, typer.Argument(help="The search's id, or the beginning of it.", show_default=False)
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="The newest search that has not ended.")] = False,
    base_url: BaseUrl = None,
    db: Db = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log: Log = None,
    unsafe_exec: Unsafe = False,
) -> None:
    """Go on with an interrupted search; nothing that is stored is done again."""
    from .run import run_search

    if (search is None) == (not last):
        raise SettingsError("name a search (`orps list` shows them), or give --last")
    settings = settings_from(unsafe=unsafe_exec, base_url=base_url, db=db, log=log)
    configure(console=verbose, file=settings.log)
    found = anyio.run(_find, settings, search)
    raise typer.Exit(run_search(settings, found, as_json=as_json, quiet=quiet, verbose=verbose))


async def _find(settings: Settings, search: str | None) -> str:
    async with Archive(settings) as archive:
        return (await archive.search(search, unfinished=True)).id
