"""Implement `orps fork`: continue from any candidate of a search with something changed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orps_agent.errors import UsageError

from .observability import set_up_observability
from .options import Assign, BaseUrl, Db, Json, Log, Quiet, Search, Unsafe, Verbose, parse_assignments, settings_from
from .output import err

if TYPE_CHECKING:
    from orps_agent.agent import Agent

    from .live import View
    from .run_search import Chosen


def fork(
    search: Search,
    at: Annotated[str, typer.Option("--at", help="The candidate to continue from, by its id in `orps show`.")],
    edit_critique: Annotated[
        Path | None, typer.Option(help="A file with a critique that replaces the critic's.", show_default=False)
    ] = None,
    edit_code: Annotated[
        Path | None,
        typer.Option(
            help="A file with a solution that replaces the candidate's; it is run and judged again.", show_default=False
        ),
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
    """Start a search that shares the branch down to a candidate and continues from there.

    With the same settings and nothing edited, an endpoint that honours seeds returns the same samples again: change
    the seed, for example with --set seed=1, to get others.
    """
    from .run_search import run_search

    settings = settings_from(unsafe=unsafe_exec, base_url=base_url, db=db, log=log)
    settings = set_up_observability(settings, console=verbose)
    critique, code = _read(edit_critique), _read(edit_code)
    changes = parse_assignments(assign or [])
    announce = not quiet and not as_json
    choose = partial(_fork, search=search, at=at, critique=critique, code=code, changes=changes, announce=announce)
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
    announce: bool,
) -> Chosen:
    """Store the fork and return it as the search to run; print its id if `announce` is set."""
    from .run_search import Chosen

    forked = await agent.archive.fork(search, at, critique=critique, code=code, changes=changes)
    if announce:
        err.print(f"search {forked.id} continues from candidate {at}", markup=False)
    return Chosen(forked.id)


def _read(path: Path | None) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path else None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
