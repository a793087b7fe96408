"""Share one agent among all searches of a graph or tool: the caller's, or one that is open only while it is in use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from orps_agent.agent import Agent
from orps_agent.settings import Settings


class SharedAgent:
    """Share an agent among any number of concurrent users.

    A given agent belongs to the caller, who opens and closes it. Otherwise the first user opens an agent and the last
    one closes it, so that concurrent searches share model and executor slots, and an idle graph holds no process and
    no open file.
    """

    def __init__(self, agent: Agent | None = None, settings: Settings | None = None) -> None:
        self.agent = agent or Agent(settings)
        """Open only while it is in use; methods that need neither models nor the database work at any time."""
        self._given = agent is not None
        self._users = 0
        self._lock = asyncio.Lock()
        self._open_agent: _OpenAgent | None = None

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Agent]:
        """Open the agent for the duration of the context, unless it is open already."""
        if self._given:
            yield self.agent
            return
        async with self._lock:
            if self._open_agent is None:
                open_agent = _OpenAgent(self.agent)
                await open_agent.wait_opened()
                self._open_agent = open_agent
            self._users += 1
        try:
            yield self.agent
        finally:
            with anyio.CancelScope(shield=True):
                await self._release()

    async def _release(self) -> None:
        async with self._lock:
            self._users -= 1
            if not self._users and self._open_agent is not None:
                open_agent, self._open_agent = self._open_agent, None
                await open_agent.close()


class _OpenAgent:
    """Open and close an agent in one task of its own, as anyio's scopes require, whichever task uses it."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._open = asyncio.Event()
        self._closing = asyncio.Event()
        self._task = asyncio.create_task(self._hold_open())

    async def _hold_open(self) -> None:
        async with self._agent:
            self._open.set()
            await self._closing.wait()

    async def wait_opened(self) -> None:
        """Wait until the agent is open; raise the error that kept it from opening."""
        opening = asyncio.create_task(self._open.wait())
        try:
            await asyncio.wait([opening, self._task], return_when=asyncio.FIRST_COMPLETED)
        finally:
            opening.cancel()
            if not self._open.is_set():
                self._task.cancel()
                await asyncio.wait([self._task])
        if not self._open.is_set():
            await self._task

    async def close(self) -> None:
        """Close the agent."""
        self._closing.set()
        await self._task
