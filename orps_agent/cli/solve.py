"""Implement `orps solve`: search for a solution of a problem given in words or as a file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orps_agent.domain.problem import Problem
from orps_agent.errors import ProblemError
from orps_agent.problems import load_problem, problem_from_words
from orps_agent.settings import SearchConfig
from orps_agent.settings.presets import PRESETS

from .observability import set_up_observability
from .options import (
    Assign,
    BaseUrl,
    CriticModel,
    Db,
    Json,
    Log,
    MaxCalls,
    MaxCost,
    MaxTime,
    MaxTokens,
    Model,
    Quiet,
    Unsafe,
    Verbose,
    config_from,
    limits,
    settings_from,
)

if TYPE_CHECKING:
    from orps_agent.agent import Agent

    from .live import View
    from .run_search import Chosen

SUFFIXES = {".toml", ".yaml", ".yml", ".md", ".py"}


def solve(
    problem: Annotated[str, typer.Argument(help="A problem file (.toml, .yaml, .md, .py), or the task in words.")],
    test: Annotated[
        list[str] | None,
        typer.Option(
            "--test",
            "-t",
            help="For a task in words: an assert or a comparison. Repeatable; without any, a model writes the tests.",
        ),
    ] = None,
    held_back: Annotated[list[str] | None, typer.Option(help="Like --test, but run on the winner only.")] = None,
    tests: Annotated[
        Path | None,
        typer.Option(help="A Python file with the tests of a Markdown problem.", show_default=False),
    ] = None,
    entry_point: Annotated[
        list[str] | None,
        typer.Option(help="For a task in words: a name to define, if the task does not give it. Repeatable."),
    ] = None,
    model: Model = None,
    critic_model: CriticModel = None,
    base_url: BaseUrl = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy",
            "-s",
            help=f"How the tree grows: {', '.join(PRESETS)}; or one of a plugin.",
            show_default=False,
        ),
    ] = None,
    samples: Annotated[int | None, typer.Option("-n", "--samples", help="Candidates per expansion (N).")] = None,
    rounds: Annotated[int | None, typer.Option("-r", "--rounds", help="Maximum number of rounds.")] = None,
    beam: Annotated[
        int | None, typer.Option("-k", "--beam", help="Candidates that are expanded in the next round (K).")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every random choice.")] = None,
    assign: Assign = None,
    new: Annotated[
        bool,
        typer.Option("--new", help="Start a new search even if the same search was interrupted and could continue."),
    ] = False,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    max_cost: MaxCost = None,
    max_time: MaxTime = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only forecast calls, tokens and cost; call no model and store nothing.")
    ] = False,
    prompts: Annotated[
        Path | None,
        typer.Option(help="A folder of templates that replace the built-in ones.", show_default=False),
    ] = None,
    db: Db = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log: Log = None,
    unsafe_exec: Unsafe = False,
) -> None:
    """Search for a solution. Run again after an interruption, the same command continues the search.

    orps solve "Write a function f(n) that doubles n." --test "f(2) == 4"
    """
    from orps_agent.agent import default_config

    from .download import ensure_weights
    from .dry_run import print_forecast
    from .run_search import run_search

    settings = settings_from(
        unsafe=unsafe_exec,
        model=model,
        critic_model=critic_model,
        base_url=base_url,
        db=db,
        log=log,
        prompts=prompts,
    )
    given: dict[str, object] = {"strategy": strategy, "samples": samples, "rounds": rounds, "beam": beam, "seed": seed}
    given |= limits(max_calls, max_tokens, max_cost, max_time)
    config = config_from(default_config(settings), given, assign or [])
    loaded = _load(problem, test or [], held_back or [], tests, entry_point)
    if dry_run:
        print_forecast(settings, loaded, config, as_json=as_json)
        return
    settings = set_up_observability(settings, console=verbose)
    ensure_weights(settings, quiet=quiet or as_json)
    choose = partial(_plan_or_find_interrupted, problem=loaded, config=config, new=new)
    raise typer.Exit(run_search(settings, choose, as_json=as_json, quiet=quiet, verbose=verbose))


async def _plan_or_find_interrupted(
    agent: Agent, view: View, *, problem: Problem, config: SearchConfig, new: bool
) -> Chosen:
    """Plan the search, and find an interrupted one with the same problem and settings unless `new` is set."""
    from .run_search import Chosen

    plan = agent.plan(problem, config)
    search = None if new else await agent.interrupted(plan)
    if search is not None:
        view.show_message(
            f"continuing search {search}: same problem and settings, interrupted earlier (--new starts another search)"
        )
    return Chosen(plan, search=search)


def _load(given: str, test: list[str], held_back: list[str], tests: Path | None, names: list[str] | None) -> Problem:
    path = Path(given)
    looks_like_a_file = path.suffix in SUFFIXES and " " not in given.strip()
    if not looks_like_a_file:
        if tests is not None:
            raise ProblemError("--tests requires a problem file; for a task in words pass each test with --test")
        return problem_from_words(given, test, held_back, entry_points=names)
    if test or held_back or names:
        raise ProblemError(
            "--test, --held-back and --entry-point require a task in words; write tests and names into the problem file"
        )
    return load_problem(path, tests)
