"""The searches of one server: some a client waits for, others that go on beside it."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.abc import TaskGroup, TaskStatus

from orps_agent.agent import Agent
from orps_agent.archive import Archive
from orps_agent.budget.account import Budget
from orps_agent.domain.problem import Problem
from orps_agent.domain.search import ACTIVE
from orps_agent.errors import OrpsError
from orps_agent.settings import SearchConfig, Settings
from orps_agent.util.logs import log
from orps_agent.util.tasks import background_tasks

from .answers import SearchProgress, progress_of

_LOOK_SECONDS = 0.25


class Runs:
    """Starts searches in the background and looks at those of anybody who uses the same database."""

    def __init__(self, agent: Agent, tasks: TaskGroup) -> None:
        self.agent = agent
        self._tasks = tasks

    @property
    def archive(self) -> Archive:
        """The searches of the database."""
        return self.agent.archive

    async def start(self, problem: Problem, config: SearchConfig) -> str:
        """Begin a search and return its id; raises what keeps it from beginning."""
        search = secrets.token_hex(4)
        await self._tasks.start(self._run, problem, config, None, search)
        return search

    async def resume(self, search_id: str, budget: Budget | None) -> str:
        """Go on with a search and return its whole id; raises what keeps it from going on."""
        search = await self.archive.search(search_id)
        await self._tasks.start(self._run, search.id, None, budget, None)
        return search.id

    async def _run(
        self,
        what: Problem | str,
        config: SearchConfig | None,
        budget: Budget | None,
        search: str | None,
        *,
        task_status: TaskStatus[None],
    ) -> None:
        begun = False
        try:
            async with self.agent.stream(what, config, budget=budget, search=search) as events:
                async for _ in events:
                    if not begun:
                        task_status.started()
                    begun = True
        except OrpsError as error:
            if not begun:
                raise
            # The search itself says so to whoever asks.
            log.warning("a search ended early", error=str(error))

    async def progress(self, search_id: str) -> SearchProgress:
        """Return the state of a search and how far it has come."""
        search = await self.archive.search(search_id)
        expected = self.agent.forecast(search.problem, search.config).likely.candidates
        return progress_of(search, await self.archive.store.outline(search.id), expected)

    async def watch(self, search_id: str, seconds: float) -> AsyncIterator[SearchProgress]:
        """Yield the progress of a search whenever it is new, until the search has ended or the time is up."""
        until = time.monotonic() + seconds
        seen: SearchProgress | None = None
        while True:
            now = await self.progress(search_id)
            if now != seen:
                seen = now
                yield now
            if now.status not in ACTIVE or time.monotonic() > until:
                return
            await anyio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def open_runs(settings: Settings, budget: Budget | None = None) -> AsyncIterator[Runs]:
    """Runs over an agent of their own, and within one `budget`; what is running at the end is interrupted."""
    async with Agent(settings, budget=budget) as agent, background_tasks(wait=True) as tasks:
        try:
            yield Runs(agent, tasks)
        finally:
            agent.stop()
