"""`orps doctor`: can candidates be run here, is there a model, can searches be stored; and what would mend it."""

from __future__ import annotations

import json
import platform
from collections.abc import Awaitable, Callable

import anyio
import typer
from pydantic import BaseModel

from orps_agent.errors import OrpsError
from orps_agent.settings import Settings, settings_file
from orps_agent.store import SqliteStore
from orps_agent.tools.executor import SplitExecutor

from .options import BaseUrl, Db, Json, Model, settings_from
from .output import out


class Finding(BaseModel):
    """One thing looked at: whether it works, and what was seen or what to do."""

    name: str
    works: bool
    words: str


def doctor(model: Model = None, base_url: BaseUrl = None, db: Db = None, as_json: Json = False) -> None:
    """Say what works on this machine, and how to mend what does not."""
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
            words=str(config) if config.exists() else f"defaults ({config} is not there)",
        ),
        await _finding("sandbox", lambda: _sandbox(settings)),
        await _finding("model", lambda: _model(settings)),
        await _finding("database", lambda: _database(settings)),
    ]


async def _finding(name: str, look: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(name=name, works=True, words=await look())
    except OrpsError as error:
        return Finding(name=name, works=False, words=str(error))


async def _sandbox(settings: Settings) -> str:
    async with SplitExecutor(settings.executor) as executor:
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
    async with SqliteStore(settings.db) as store:
        return f"{settings.db}, {len(await store.searches(1000))} searches"
