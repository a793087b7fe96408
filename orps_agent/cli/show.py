"""`orps show`: the tree of a search and its best solution."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer
from rich.markup import escape
from rich.tree import Tree as RichTree

from orps_agent.candidate import Candidate, Status, Tree
from orps_agent.result import SearchResult
from orps_agent.settings import Settings
from orps_agent.store import SearchRow, Store
from orps_agent.store.journal import Tally
from orps_agent.summary import summarise

from .options import Db, Json, settings_from
from .output import out, safe
from .report import print_candidate, print_report


def show(
    search: Annotated[
        str | None,
        typer.Argument(help="The search's id or its beginning; none: the newest.", show_default=False),
    ] = None,
    candidate: Annotated[
        str | None,
        typer.Option("--candidate", "-c", help="Everything about one candidate.", show_default=False),
    ] = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Show a search: its tree, its best solution, and why that won."""
    row, tree, result = anyio.run(_load, settings_from(db=db), search)
    if candidate is not None:
        chosen = tree[candidate]
        if as_json:
            print(chosen.model_dump_json(indent=2))  # noqa: T201 - the document, unwrapped
        else:
            print_candidate(out, chosen)
        return
    if as_json:
        document = {
            "result": result.model_dump(mode="json"),
            "tree": [each.model_dump(mode="json") for each in tree],
        }
        out.print_json(data=document)
        return
    out.print(f"search {row.id}, {row.status}: {escape(safe(row.problem.id))}, model {escape(safe(row.programmer))}")
    out.print(_drawn(tree, row.winner))
    if result.winner:
        print_report(out, result)


async def _load(settings: Settings, search: str | None) -> tuple[SearchRow, Tree, SearchResult]:
    async with Store(settings.db) as store:
        row = await (store.search(search) if search else store.latest(unfinished=False))
        return row, await store.tree(row.id), await summarise(store, row.id, Tally(), 0.0)


def _drawn(tree: Tree, winner: str | None) -> RichTree:
    root = RichTree("root", hide_root=True)
    branches = {"": root}
    for each in tree:
        branches[each.id] = branches[each.parent or ""].add(_label(each, winner=each.id == winner))
    return root


_STYLES = {
    Status.PRUNED: "dim",
    Status.FAILED: "red",
    Status.HALTED: "yellow",
    Status.CLOSED: "cyan",
    Status.RUNNING: "yellow",
}


def _label(candidate: Candidate, *, winner: bool) -> str:
    words = f"{candidate.id} {escape(safe(candidate.hint))}"
    if candidate.report is not None:
        score = f"ρ {candidate.process or '-'}  ω {candidate.omega:.2f}"
        words += f"  {candidate.report.passed}/{len(candidate.report.results)}  {score}"
        words += "  tampering" if candidate.report.tampering else "  suspected" if candidate.report.flags else ""
    words += f"  {candidate.status}"
    style = "bold green" if winner else _STYLES.get(candidate.status, "none")
    return f"[{style}]{words}{'  ← winner' if winner else ''}[/]"
