"""Implement `orps show`: print the tree of a search and its best solution."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Annotated

import anyio
import typer

from orps_agent.domain.candidate import Candidate, Outline
from orps_agent.domain.result import SearchResult
from orps_agent.domain.search import Search
from orps_agent.search.summary import summarise
from orps_agent.settings import Settings
from orps_agent.store import Store, Tally, store_of
from orps_agent.util.text import safe

from .options import Db, Json, settings_from
from .output import out
from .result_text import print_candidate, print_report
from .tree import SMALL, draw


def show(
    search: Annotated[
        str | None,
        typer.Argument(help="Id of the search, or a prefix of it; without one, the newest search.", show_default=False),
    ] = None,
    candidate: Annotated[
        str | None,
        typer.Option("--candidate", "-c", help="Show everything about one candidate.", show_default=False),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help=f"Draw every candidate, even of a tree with more than {SMALL}.")
    ] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Show a search: its tree, its best solution, and why that solution won."""
    settings = settings_from(db=db)
    if candidate is not None:
        chosen = anyio.run(_candidate, settings, search, candidate)
        if as_json:
            print(chosen.model_dump_json(indent=2))  # noqa: T201 - the document, unwrapped
        else:
            print_candidate(out, chosen)
    elif as_json:
        print(json.dumps(anyio.run(_document, settings, search), indent=2))  # noqa: T201 - likewise
    else:
        row, outline, result = anyio.run(_overview, settings, search)
        about = f"{safe(row.problem.id)}, {row.config.strategy}, model {safe(row.programmer)}"
        out.print(f"search {row.id}, {row.status}: {about}", markup=False)
        # Lines that look the same are printed together: one by one, thousands of them would take seconds.
        for style, lines in groupby(draw(outline, row.winner, everything=everything), key=lambda line: line.style):
            out.out("\n".join(line.text for line in lines), style=style, highlight=False)
        if result.winner or result.written:
            print_report(out, result)


async def _overview(settings: Settings, search: str | None) -> tuple[Search, list[Outline], SearchResult]:
    async with store_of(settings) as store:
        row = await _row(store, search)
        outline = await store.outline(row.id)
        return row, outline, await summarise(store, row.id, Tally(), 0.0, outline=outline)


async def _candidate(settings: Settings, search: str | None, candidate: str) -> Candidate:
    async with store_of(settings) as store:
        return await store.candidate((await _row(store, search)).id, candidate)


async def _document(settings: Settings, search: str | None) -> dict[str, object]:
    async with store_of(settings) as store:
        row = await _row(store, search)
        result = await summarise(store, row.id, Tally(), 0.0)
        tree = [each.model_dump(mode="json") for each in await store.tree(row.id)]
        return {"result": result.model_dump(mode="json"), "tree": tree}


async def _row(store: Store, search: str | None) -> Search:
    return await (store.search(search) if search else store.latest(unfinished=False))
