"""Implement `orps fork`: continue from any candidate of a search with something changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import anyio
import typer

from orps_agent.archive import Archive
from orps_agent.errors import UsageError
from orps_agent.settings import Settings

from .observability import set_up_observability
from .options import Assign, BaseUrl, Db, Json, Log, Quiet, Search, Unsafe, Verbose, parse_assignments, settings_from
from .output import err


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
    forked = anyio.run(_fork, settings, search, at, critique, code, parse_assignments(assign or []))
    if not quiet and not as_json:
        err.print(f"search {forked} continues from candidate {at}", markup=False)
    raise typer.Exit(run_search(settings, forked, as_json=as_json, quiet=quiet, verbose=verbose))


async def _fork(
    settings: Settings, search: str, at: str, critique: str | None, code: str | None, changes: dict[str, object]
) -> str:
    async with Archive(settings) as archive:
        return (await archive.fork(search, at, critique=critique, code=code, changes=changes)).id


def _read(path: Path | None) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path else None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
