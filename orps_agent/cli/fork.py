"""`orps fork`: go on from any candidate of a search, with something changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import anyio
import typer

from orps_agent.archive import Archive
from orps_agent.errors import UsageError
from orps_agent.settings import Settings

from .observability import observed
from .options import Assign, BaseUrl, Db, Json, Log, Quiet, Search, Unsafe, Verbose, assigned, settings_from
from .output import err


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
    forked = anyio.run(_fork, settings, search, at, critique, code, assigned(assign or []))
    if not quiet and not as_json:
        err.print(f"search {forked} goes on from candidate {at}", markup=False)
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
