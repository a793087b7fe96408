"""Implement `orps mcp`: serve searches as tools of the Model Context Protocol."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer

from orps_agent.budget.account import Budget
from orps_agent.errors import MissingExtra, SettingsError
from orps_agent.settings import Settings

from .observability import set_up_observability
from .options import BaseUrl, CriticModel, Db, Log, Model, Unsafe, settings_from

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Serve streamable HTTP on the loopback interface instead of stdio.")
    ] = False,
    host: Annotated[str, typer.Option(help="With --http: the loopback address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="With --http: the port; the path is /mcp.", min=1, max=65535)] = 8421,
    max_calls: Annotated[
        int | None, typer.Option(help="Limit of model calls over all requests of all clients.", show_default=False)
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(help="Limit in USD over all requests of all clients.", show_default=False)
    ] = None,
    model: Model = None,
    critic_model: CriticModel = None,
    base_url: BaseUrl = None,
    db: Db = None,
    log: Log = None,
    unsafe_exec: Unsafe = False,
) -> None:
    """Serve searches to MCP clients: tools to solve, start, watch, resume, cancel, list and explain searches."""
    if host not in _LOOPBACK:
        raise SettingsError(
            f"--host {host}: every client of this server may run code, so it must be one of {_LOOPBACK}"
        )
    settings = settings_from(
        unsafe=unsafe_exec, model=model, critic_model=critic_model, base_url=base_url, db=db, log=log
    )
    settings = set_up_observability(settings, console=False)
    anyio.run(_serve, settings, Budget(calls=max_calls, cost=max_cost), (host, port) if http else None)


async def _serve(settings: Settings, budget: Budget, address: tuple[str, int] | None) -> None:
    try:
        from orps_agent.integrations.mcp.background_searches import open_background_searches
        from orps_agent.integrations.mcp.tool_server import build_server
    except ModuleNotFoundError as error:
        raise MissingExtra("`orps mcp` needs the package mcp: pip install 'orps-agent[mcp]'") from error

    async with open_background_searches(settings, budget) as runs:
        server = build_server(runs)
        if address is None:
            await server.run_stdio_async()
        else:
            await server.run_streamable_http_async(host=address[0], port=address[1])
