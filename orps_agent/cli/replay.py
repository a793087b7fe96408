"""Implement `orps replay`: rebuild a stored search from its record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import anyio
import typer

from orps_agent.archive import Archive
from orps_agent.settings import Settings
from orps_agent.settings.presets import PRESETS
from orps_agent.util.text import safe

from .options import Assign, Db, Json, Search, parse_assignments, settings_from
from .output import out

if TYPE_CHECKING:
    from orps_agent.search.replay import Replay


def replay(
    search: Search,
    strategy: Annotated[
        str | None,
        typer.Option(help=f"Another strategy: {', '.join(PRESETS)}; or one of a plugin.", show_default=False),
    ] = None,
    assign: Assign = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Rebuild a search from its recorded replies, without a model, and print any differences.

    With --strategy or --set, print what other settings would have found, and with how many calls.
    Exit code 1: the tree differs from the recorded one, or parts of it were never recorded.
    """

    async def run(settings: Settings) -> Replay:
        async with Archive(settings) as archive:
            changes = ({"strategy": strategy} if strategy else {}) | parse_assignments(assign or [])
            return await archive.replay(search, changes=changes)

    done = anyio.run(run, settings_from(db=db))
    if as_json:
        print(done.model_dump_json(indent=2))  # noqa: T201 - the document, unwrapped
    else:
        for line in _lines(done):
            out.print(safe(line), markup=False)
    raise typer.Exit(1 if done.differences or done.missing else 0)


def _lines(done: Replay) -> Iterator[str]:
    yield f"{len(done.candidates)} candidates from {done.calls} recorded model calls; no model was called"
    yield from done.differences
    if done.exact and not done.differences:
        yield "the tree is identical to the recorded one, bit for bit"
    for each in done.candidates:
        if each.id in done.missing:
            yield f"never recorded: candidate {each.id} ({each.hint})"
    best = next((each for each in done.candidates if each.id == done.winner), None)
    if best is None or best.report is None:
        yield "no winner: no candidate was run"
    else:
        yield f"winner {best.id}: passes {best.report.passed} of {len(best.report.results)} tests, ω {best.omega:.2f}"
        yield f"the recorded search's winner is {done.recorded_winner or 'not known yet'}"
