"""Run the searches of one server: some while a client waits, others in the background."""

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

_POLL_SECONDS = 0.25


class BackgroundSearches:
    """Start searches in the background, and read all searches of the database, whichever process runs them."""

    def __init__(self, agent: Agent, tasks: TaskGroup) -> None:
        self.agent = agent
        self._tasks = tasks

    @property
    def archive(self) -> Archive:
        """Return the archive of the database's searches."""
        return self.agent.archive

    async def start(self, problem: Problem, config: SearchConfig) -> str:
        """Start a search and return its id; raise the error that kept it from starting."""
        search = secrets.token_hex(4)
        await self._tasks.start(self._run, problem, config, None, search)
        return search

    async def resume(self, search_id: str, budget: Budget | None) -> str:
        """Continue a search and return its full id; raise the error that kept it from continuing."""
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
            # The error is stored with the search, where clients can read it.
            log.warning("a search ended early", error=str(error))

    async def progress(self, search_id: str) -> SearchProgress:
        """Return the state and progress of a search."""
        search = await self.archive.search(search_id)
        expected = self.agent.forecast(search.problem, search.config).likely.candidates
        return progress_of(search, await self.archive.store.outline(search.id), expected)

    async def watch(self, search_id: str, seconds: float) -> AsyncIterator[SearchProgress]:
        """Yield the progress of a search whenever it has changed, until the search has ended or the time is up."""
        until = time.monotonic() + seconds
        seen: SearchProgress | None = None
        while True:
            now = await self.progress(search_id)
            if now != seen:
                seen = now
                yield now
            if now.status not in ACTIVE or time.monotonic() > until:
                return
            await anyio.sleep(_POLL_SECONDS)


@asynccontextmanager
async def open_background_searches(
    settings: Settings, budget: Budget | None = None
) -> AsyncIterator[BackgroundSearches]:
    """Open an agent for background searches within one `budget`; interrupt the running ones at the end."""
    async with Agent(settings, budget=budget) as agent, background_tasks(wait=True) as tasks:
        try:
            yield BackgroundSearches(agent, tasks)
        finally:
            agent.stop()
