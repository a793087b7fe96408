"""Implement `orps export`: write a search as JSON, as its winner's code, or as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import anyio
import typer

from orps_agent.archive import Archive
from orps_agent.domain.document import SearchDocument
from orps_agent.errors import UsageError
from orps_agent.settings import Settings

from .options import Db, Search, settings_from

Form = Literal["json", "code", "html"]


def export(
    search: Search,
    form: Annotated[
        Form,
        typer.Option(
            "--format", "-f", help="json: everything; code: the best code; html: a page that needs no network."
        ),
    ] = "json",
    html: Annotated[bool, typer.Option("--html", help="Same as --format html.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file instead of stdout.", show_default=False)
    ] = None,
    db: Db = None,
) -> None:
    """Export a search.

    The JSON contains everything, including the prompts and replies of every model call.
    """
    wanted: Form = "html" if html else form
    text = _written(anyio.run(_document, settings_from(db=db), search, wanted == "json"), wanted)
    if output is None:
        print(text, end="")  # noqa: T201 - unchanged, fit for a file
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{output}: {error.strerror or error}: choose a file that can be written with -o") from error


def _written(document: SearchDocument, form: Form) -> str:
    from orps_agent.page import page

    if form == "json":
        return document.model_dump_json(indent=2) + "\n"
    if form == "html":
        return page(document)
    best = next((each.code for each in document.candidates if each.id == document.search.winner), None)
    if best is None:
        raise UsageError(f"search {document.search.id} has no code to export: `orps show` prints its tree")
    return best if best.endswith("\n") else best + "\n"


async def _document(settings: Settings, search: str, texts: bool) -> SearchDocument:
    async with Archive(settings) as archive:
        return await archive.document(search, texts=texts)
