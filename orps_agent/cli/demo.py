"""Implement `orps demo`: run small searches with the embedded model, without a key or a server."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import anyio
import typer
from rich.table import Table

from orps_agent.domain.events import SearchFinished
from orps_agent.domain.execution import ExecutionReport
from orps_agent.domain.problem import Problem
from orps_agent.domain.result import SearchResult
from orps_agent.problems import load_problem
from orps_agent.settings import QUICK, SearchConfig, Settings
from orps_agent.util.text import duration, safe

from .live import choose_view
from .options import Db, settings_from
from .output import out
from .result_text import highlighted

if TYPE_CHECKING:
    from orps_agent.agent import Agent

MAX_TOKENS = 96
"""Limit of a reply, in tokens: enough for each of the demo's solutions; a longer reply of a small model is useless."""


def demo(
    seed: Annotated[int, typer.Option(help="Seed of the samples.")] = 0,
    db: Db = None,
) -> None:
    """Search for solutions of a few small problems with the embedded model: no key, no server."""
    from .download import ensure_weights

    settings = settings_from(model="embedded", db=db)
    ensure_weights(settings, quiet=False)
    results = anyio.run(search_all, settings, demo_config(seed))
    _print_table(results)
    raise typer.Exit(0 if any(result.solved for result in results) else 1)


def demo_config(seed: int) -> SearchConfig:
    """Return the search settings of the demo with this seed."""
    return QUICK.model_copy(update={"seed": seed, "max_tokens": MAX_TOKENS})


async def search_all(settings: Settings, config: SearchConfig) -> list[SearchResult]:
    """Solve the demo's problems one after the other, print each result, and return all of them."""
    from orps_agent.agent import Agent

    results: list[SearchResult] = []
    problems = _problems()
    async with Agent(settings) as agent:
        for number, problem in enumerate(problems, start=1):
            out.rule(f"{number} of {len(problems)}: {problem.id}", align="left", style="dim")
            out.print(problem.statement, markup=False)
            results.append(await _search(agent, problem, config))
            _print_outcome(results[-1])
    return results


async def _search(agent: Agent, problem: Problem, config: SearchConfig) -> SearchResult:
    with choose_view(quiet=False, verbose=False) as view:
        async with agent.stream(problem, config) as events:
            async for event in events:
                view.handle(event)
                if isinstance(event, SearchFinished):
                    return event.result
    raise AssertionError("a search ends with its result or with an error")


def _problems() -> list[Problem]:
    with resources.as_file(resources.files("orps_agent") / "demos") as folder:
        return [load_problem(path) for path in sorted(Path(folder).glob("*.yaml"))]


def _print_outcome(result: SearchResult) -> None:
    if result.winner is None or not result.solution:
        out.print("No candidate contained any code.", style="red")
        return
    out.print(highlighted(result.solution))
    out.print(f"Candidate {result.winner.id} ({result.winner.hint}) {result.why}.\n", markup=False)


def _print_table(results: list[SearchResult]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("problem", "first sample", "search", "held back", "candidates", "time"):
        table.add_column(name, justify="left" if name == "problem" else "right")
    for result in results:
        table.add_row(
            safe(result.problem),
            _passed(result.first.report if result.first else None),
            _passed(result.winner.report if result.winner else None),
            _passed(result.verification),
            str(result.candidates),
            duration(result.usage.seconds),
            style="bold green" if result.solved else "",
        )
    out.print(table)
    gained = sum(result.solved and not (result.first and result.first.solved) for result in results)
    out.print(f"\nThe search solved {gained} of {len(results)} problems that the first sample did not solve.")
    out.print('Try a problem of your own: orps solve "Write f(n): twice n." --test "f(2) == 4"', markup=False)


def _passed(report: ExecutionReport | None) -> str:
    return f"{report.passed}/{len(report.results)}" if report else "-"
