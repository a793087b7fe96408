"""Implement `orps doctor`: check the sandbox, the model, the database and the plugins, and say how to fix them."""

from __future__ import annotations

import json
import platform
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import typer
from pydantic import BaseModel

from orps_agent.errors import OrpsError
from orps_agent.settings import Settings, settings_file
from orps_agent.store import store_of
from orps_agent.tools.executor import SplitExecutor, executor_of
from orps_agent.util.plugins import Registry

from .options import BaseUrl, Db, Json, Model, settings_from
from .output import out


class Finding(BaseModel):
    """Report one check: its name, its success, and what was found or what to do."""

    name: str
    works: bool
    words: str


def doctor(model: Model = None, base_url: BaseUrl = None, db: Db = None, as_json: Json = False) -> None:
    """Check what works on this machine, and print how to fix what does not."""
    settings = settings_from(model=model, base_url=base_url, db=db)
    findings = anyio.run(_examine, settings)
    if as_json:
        print(json.dumps([each.model_dump() for each in findings], indent=2))  # noqa: T201 - the document
    else:
        for each in findings:
            mark = "[green]ok[/]     " if each.works else "[bold red]missing[/]"
            out.print(f"{mark} {each.name}: ", end="")
            out.print(each.words, markup=False)
    raise typer.Exit(0 if all(each.works for each in findings) else 3)


async def _examine(settings: Settings) -> list[Finding]:
    config = settings_file()
    return [
        Finding(name="python", works=True, words=f"{platform.python_version()} on {platform.system()}"),
        Finding(
            name="settings",
            works=True,
            words=str(config) if config.exists() else f"defaults ({config} does not exist)",
        ),
        await _finding("sandbox", lambda: _sandbox(settings)),
        await _finding("model", lambda: _model(settings)),
        await _finding("database", lambda: _database(settings)),
        *map(_check_plugins, _registries()),
    ]


def _registries() -> list[Registry[Any]]:
    """Return the registries of the parts that other packages can add."""
    from orps_agent.bench.datasets import FORMATS
    from orps_agent.bench.formats import REPORTS
    from orps_agent.llm.kinds import KINDS
    from orps_agent.store import STORES
    from orps_agent.strategies import STRATEGIES
    from orps_agent.tools.executor import EXECUTORS

    return [STRATEGIES, KINDS, EXECUTORS, STORES, FORMATS, REPORTS]


def _check_plugins(registry: Registry[Any]) -> Finding:
    """List the names of one kind of part and the packages that add some; fail if one of them cannot be imported."""
    names = ", ".join([*registry.built_in, *map(str, registry.plugins())])
    faults = []
    for name in registry.names():
        try:
            registry.find(name)
        except OrpsError as error:
            faults.append(str(error))
    return Finding(name=registry.group.partition(".")[2], works=not faults, words="; ".join([names, *faults]))


async def _finding(name: str, look: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(name=name, works=True, words=await look())
    except OrpsError as error:
        return Finding(name=name, works=False, words=str(error))


async def _sandbox(settings: Settings) -> str:
    async with executor_of(settings.executor) as executor:
        if not isinstance(executor, SplitExecutor):
            return f"the executor {settings.executor.kind} starts; see its package for how it isolates candidates"
        isolation = executor.isolation
    words = f"isolation tier {isolation.tier}: {isolation.summary}"
    return f"{words}; to raise the tier: {isolation.raise_with}" if isolation.raise_with else words


async def _model(settings: Settings) -> str:
    from orps_agent.llm.registry import model_names, name_of_tester, open_models

    programmer, critic = model_names(settings)
    tester = name_of_tester(settings) or programmer
    async with open_models(settings, programmer=programmer, critic=critic, tester=tester) as models:
        await models.check()
    others = (("critic", critic), ("tester", tester))
    return ", ".join([programmer, *(f"{role} {name}" for role, name in others if name != programmer)])


async def _database(settings: Settings) -> str:
    async with store_of(settings) as store:
        return f"{settings.db}, {len(await store.searches(1000))} searches"
