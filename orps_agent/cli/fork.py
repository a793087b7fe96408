"""`orps fork`: go on from any candidate of a search, with something changed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orps_agent.errors import UsageError

from .observability import observed
from .options import Assign, BaseUrl, Db, Json, Log, Quiet, Search, Unsafe, Verbose, assigned, settings_from
from .output import err

if TYPE_CHECKING:
    from orps_agent.agent import Agent

    from .live import View
    from .run_search import Chosen


def fork(
    search: Search,
    at: Annotated[str, typer.Option("--at", help="The candidate to go on from, as `orps show` names it.")],
    edit_critique: Annotated[
        Path | None, typer.Option(help="A file with other words for the critic's.", show_default=False)
    ] = None,
    edit_code: Annotated[
        Path | None,
        typer.Option(help="A file with another solution; it is run and judged anew.", show_default=False),
    ] = None,
    assign: Assign = None,
    base_url: BaseUrl = None,
    db: Db = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log: Log = None,
    unsafe_exec: Unsafe = False,
) -> None:
    """Start a search that shares the branch down to a candidate and goes on from there.

    With the same numbers and nothing edited, an endpoint that honours seeds gives the same samples again: change the
    seed, as with --set seed=1, to get others.
    """
    from .run_search import run_search

    settings = settings_from(unsafe=unsafe_exec, base_url=base_url, db=db, log=log)
    settings = observed(settings, console=verbose)
    critique, code = _read(edit_critique), _read(edit_code)
    changes = assigned(assign or [])
    told = not quiet and not as_json
    choose = partial(_fork, search=search, at=at, critique=critique, code=code, changes=changes, told=told)
    raise typer.Exit(run_search(settings, choose, as_json=as_json, quiet=quiet, verbose=verbose))


async def _fork(
    agent: Agent,
    _view: View,
    *,
    search: str,
    at: str,
    critique: str | None,
    code: str | None,
    changes: dict[str, object],
    told: bool,
) -> Chosen:
    """Store the fork; `told`: its id is shown."""
    from .run_search import Chosen

    forked = await agent.archive.fork(search, at, critique=critique, code=code, changes=changes)
    if told:
        err.print(f"search {forked.id} goes on from candidate {at}", markup=False)
    return Chosen(forked.id)


def _read(path: Path | None) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path else None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
