"""Implement `orps resume`: continue an interrupted search."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer

from orps_agent.archive import Archive
from orps_agent.domain.search import Search
from orps_agent.errors import SettingsError
from orps_agent.settings import Settings, changed

from .observability import set_up_observability
from .options import (
    BaseUrl,
    Db,
    Json,
    Log,
    MaxCalls,
    MaxCost,
    MaxTime,
    MaxTokens,
    Quiet,
    Unsafe,
    Verbose,
    limits,
    settings_from,
)


def resume(
    search: Annotated[
        str | None, typer.Argument(help="Id of the search, or a prefix of it.", show_default=False)
    ] = None,
    last: Annotated[
        bool,
        typer.Option(
            "--last", help="Resume the newest search that has not ended; with a limit, also one that its budget ended."
        ),
    ] = False,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    max_cost: MaxCost = None,
    max_time: MaxTime = None,
    base_url: BaseUrl = None,
    db: Db = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log: Log = None,
    unsafe_exec: Unsafe = False,
) -> None:
    """Continue an interrupted search; nothing that is stored is repeated.

    A search that its budget ended continues with a larger one, for example with --max-calls.
    """
    from .run_search import run_search

    if (search is None) == (not last):
        raise SettingsError("name a search (`orps list` shows them), or give --last")
    settings = settings_from(unsafe=unsafe_exec, base_url=base_url, db=db, log=log)
    settings = set_up_observability(settings, console=verbose)
    given = limits(max_calls, max_tokens, max_cost, max_time)
    found = anyio.run(_find, settings, search, bool(given))
    budget = changed(found.config, given).budget if given else None
    raise typer.Exit(run_search(settings, found.id, budget=budget, as_json=as_json, quiet=quiet, verbose=verbose))


async def _find(settings: Settings, search: str | None, more: bool) -> Search:
    async with Archive(settings) as archive:
        return await archive.search(search, unfinished=True, out_of_budget=more)
