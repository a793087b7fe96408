"""Implement `orps serve`: serve searches over HTTP, with a queue and a page."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer

from orps_agent.errors import MissingExtra
from orps_agent.settings import Settings

from .observability import set_up_observability
from .options import BaseUrl, CriticModel, Db, Log, Model, Unsafe, Verbose, settings_from
from .output import err


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; any other than 127.0.0.1 requires a token.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 chooses a free one.")] = None,
    concurrency: Annotated[
        int | None, typer.Option(min=1, help="Number of searches that run at the same time.")
    ] = None,
    model: Model = None,
    critic_model: CriticModel = None,
    base_url: BaseUrl = None,
    db: Db = None,
    log: Log = None,
    verbose: Verbose = False,
    unsafe_exec: Unsafe = False,
) -> None:
    """Serve searches over HTTP with a page that shows them, and continue those that an earlier run left unfinished.

    SIGTERM or Ctrl-C lets the calls in flight finish; a second one stops at once.
    """
    given = {"host": host, "port": port, "concurrency": concurrency}
    settings = _with(
        settings_from(unsafe=unsafe_exec, model=model, critic_model=critic_model, base_url=base_url, db=db, log=log),
        {name: value for name, value in given.items() if value is not None},
    )
    settings = set_up_observability(settings, console=verbose)
    try:
        from orps_agent.serve.server import serve as run
    except ModuleNotFoundError as error:
        raise MissingExtra(f"the service needs {error.name}: pip install 'orps-agent[serve]'") from error
    number = anyio.run(run, settings, _say)
    raise typer.Exit(128 + number if number else 0)


def _with(settings: Settings, flags: dict[str, object]) -> Settings:
    return settings.model_copy(update={"serve": settings.serve.model_copy(update=flags)})


def _say(words: str) -> None:
    err.print(words, markup=False, soft_wrap=True)
