"""Implement `orps bench`: compare methods on benchmarks at equal budget, and report on any number of such runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import anyio
import typer
from typer.core import TyperGroup

from orps_agent.errors import DatasetError, SettingsError
from orps_agent.settings import SearchConfig, changed

from .observability import set_up_observability
from .options import (
    Assign,
    BaseUrl,
    CriticModel,
    Db,
    Log,
    Model,
    Unsafe,
    Verbose,
    config_from,
    limits,
    settings_from,
)
from .output import err, out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orps_agent.bench import Record
    from orps_agent.bench.datasets import Loaded


class _DatasetsOrReport(TyperGroup):
    """Treat a first argument that is no subcommand as a dataset: `orps bench DATA` means `orps bench run DATA`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if args and args[0] not in (*self.commands, "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


_TABLE = "table"
"""Report format for a terminal; written to a file, it becomes Markdown."""
FormatOption = Annotated[
    str,
    typer.Option("--format", "-f", help="Format of the report: table, markdown, csv, json or html."),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write the report to this file.", show_default=False)
]
app = typer.Typer(
    name="bench",
    help="Compare methods on benchmarks at equal budget: `orps bench DATASET...`, then `orps bench report DB...`.",
    no_args_is_help=True,
    cls=_DatasetsOrReport,
    add_completion=False,
)


@app.command("run")
def run(
    datasets: Annotated[
        list[str], typer.Argument(help="Files, folders with test and dev splits, or names on the hub.")
    ],
    methods: Annotated[str, typer.Option(help="Comma-separated methods; `gold` is the gold solution.")] = "orps,cot",
    calls: Annotated[
        int | None, typer.Option(min=1, help="Model calls that each method may make per problem.", show_default=False)
    ] = None,
    regime: Annotated[
        str | None,
        typer.Option(
            help="Tests that a search sees: `weak` or `real`; it is judged on the real ones.", show_default=False
        ),
    ] = None,
    seeds: Annotated[str, typer.Option(help="Comma-separated seeds; every problem is solved once per seed.")] = "0",
    problems: Annotated[
        int | None, typer.Option(min=1, help="Use only the first N problems of each dataset.", show_default=False)
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(help="Use only these problems, comma-separated ids: `mbpp/11`, or `11`.", show_default=False),
    ] = None,
    shard: Annotated[str, typer.Option(help="Run only part i of n, as i/n.")] = "1/1",
    at_once: Annotated[int, typer.Option(min=1, help="Number of searches that run at the same time.")] = 100,
    strict: Annotated[bool, typer.Option("--strict", help="Reject datasets with invalid rows.")] = False,
    batch_calls: Annotated[
        int | None, typer.Option(min=1, help="Stop after this many model calls of this run.", show_default=False)
    ] = None,
    batch_tokens: Annotated[
        int | None, typer.Option(min=1, help="Stop before this run uses more tokens.", show_default=False)
    ] = None,
    batch_cost: Annotated[
        float | None, typer.Option(help="Stop before this run costs more USD.", show_default=False)
    ] = None,
    batch_time: Annotated[
        float | None, typer.Option(help="Start nothing new after this many seconds of this run.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only forecast calls, tokens and cost.")] = False,
    model: Model = None,
    critic_model: CriticModel = None,
    base_url: BaseUrl = None,
    assign: Assign = None,
    db: Db = None,
    format_: FormatOption = _TABLE,
    output: Output = None,
    verbose: Verbose = False,
    log: Log = None,
    unsafe_exec: Unsafe = False,
) -> None:
    """Solve every problem with every method. Run again, the same command continues where it was stopped.

    orps bench data/mbpp --methods orps,best-of-n,cot --calls 20
    """
    from orps_agent.agent import default_config
    from orps_agent.bench.methods import known_methods
    from orps_agent.bench.plan import Plan, Shard
    from orps_agent.llm.registry import model_names

    from .bench_run import forecast_bench, print_unfinished, run_bench_command
    from .download import ensure_weights

    _refuse_unknown(format_)
    if regime not in (None, "weak", "real"):
        raise SettingsError(f"--regime {regime}: must be weak or real")
    settings = settings_from(
        unsafe=unsafe_exec, model=model, critic_model=critic_model, base_url=base_url, db=db, log=log
    )
    programmer, critic = model_names(settings)
    plan = Plan(
        methods=known_methods(methods.split(",")),
        base=config_from(default_config(settings), {}, assign or []),
        programmer=programmer,
        critic=critic,
        calls=calls,
        seeds=_seeds(seeds),
        regime=regime,  # type: ignore[arg-type]  # looked at above
        problems=problems,
        only=frozenset(only.split(",")) if only else None,
        shard=Shard.parse(shard),
    )
    budget = changed(SearchConfig(), limits(batch_calls, batch_tokens, batch_cost, batch_time)).budget
    entries = plan.entries(_load(each, strict=strict) for each in datasets)
    if dry_run:
        forecast_bench(settings, entries)
        return
    settings = set_up_observability(settings, console=verbose)
    ensure_weights(settings, quiet=False)
    outcome, signal = run_bench_command(settings, entries, budget=budget, at_once=at_once)
    if outcome.records:
        _write(outcome.records, format_, output)
    print_unfinished(outcome)
    if outcome.left:
        raise typer.Exit(128 + signal if signal else 3)


@app.command("report")
def report(
    databases: Annotated[list[Path], typer.Argument(help="Databases of bench runs.")],
    format_: FormatOption = _TABLE,
    output: Output = None,
) -> None:
    """Report the results of bench runs so far, several databases in one report."""
    _refuse_unknown(format_)
    _write(anyio.run(_read, databases), format_, output)


async def _read(databases: list[Path]) -> list[Record]:
    from orps_agent.bench.record_store import all_records
    from orps_agent.store import SqliteStore

    found: list[Record] = []
    for path in databases:
        if not await anyio.Path(path).is_file():
            raise DatasetError(f"{path}: no such database; `orps bench --db PATH` creates one")
        async with SqliteStore(path) as store:
            found += await all_records(store)
    if not found:
        raise DatasetError(f"{', '.join(map(str, databases))}: holds no bench run: see `orps bench --help`")
    return found


def _load(name: str, *, strict: bool) -> Loaded:
    from orps_agent.bench.datasets import load_tasks, open_dataset

    loaded = load_tasks(open_dataset(name), strict=strict)
    for fault in loaded.faults:
        err.print(f"left out: {fault}", markup=False, soft_wrap=True)
    return loaded


def _refuse_unknown(format_: str) -> None:
    """Raise SettingsError or PluginError for an unknown format before the searches instead of after them."""
    from orps_agent.bench.formats import REPORTS

    if format_ != _TABLE:
        REPORTS.find(format_)


def _write(records: Sequence[Record], format_: str, output: Path | None) -> None:
    from orps_agent.bench import print_tables, render, summarise_records

    found = summarise_records(records)
    if format_ == _TABLE and output is None:
        print_tables(out, found)
        return
    text = render(found, "markdown" if format_ == _TABLE else format_)
    if output is None:
        print(text, end="")  # noqa: T201 - the document as it is
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"--output {output}: {error.strerror}; choose a file that can be written") from error
    err.print(f"written to {output}", markup=False)


def _seeds(text: str) -> tuple[int, ...]:
    try:
        return tuple(dict.fromkeys(int(each) for each in text.split(",")))
    except ValueError as error:
        raise SettingsError(f"--seeds {text}: must be comma-separated whole numbers") from error
