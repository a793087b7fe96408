"""Implement `orps resume`: continue an interrupted search."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from orps_agent.errors import SettingsError
from orps_agent.settings import changed

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

if TYPE_CHECKING:
    from orps_agent.agent import Agent

    from .live import View
    from .run_search import Chosen


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
    choose = partial(_find, search=search, given=limits(max_calls, max_tokens, max_cost, max_time))
    raise typer.Exit(run_search(settings, choose, as_json=as_json, quiet=quiet, verbose=verbose))


async def _find(agent: Agent, _view: View, *, search: str | None, given: dict[str, object]) -> Chosen:
    """Find the search to resume, and build its budget with the given limits in place of its own."""
    from .run_search import Chosen

    found = await agent.archive.search(search, unfinished=True, out_of_budget=bool(given))
    return Chosen(found.id, budget=changed(found.config, given).budget if given else None)
