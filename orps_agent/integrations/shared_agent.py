"""One agent for all searches of a graph, a tool or a server: somebody's, or one that is open while it is borrowed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from orps_agent.agent import Agent
from orps_agent.settings import Settings


class AgentLender:
    """Lends an agent to any number of borrowers at a time.

    A given agent is somebody else's: open as long as its owner keeps it so. Without one, the first borrower has an
    agent opened and the last one has it closed, so that searches side by side share model and executor slots, and an
    idle graph holds nothing: no process, no open file.
    """

    def __init__(self, agent: Agent | None = None, settings: Settings | None = None) -> None:
        self.agent = agent or Agent(settings)
        """Open only while it is borrowed; what needs neither models nor the database can be asked at any time."""
        self._given = agent is not None
        self._borrowers = 0
        self._turn = asyncio.Lock()
        self._keeper: _Keeper | None = None

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[Agent]:
        """The agent, open for as long as the context lasts."""
        if self._given:
            yield self.agent
            return
        async with self._turn:
            if self._keeper is None:
                keeper = _Keeper(self.agent)
                await keeper.opened()
                self._keeper = keeper
            self._borrowers += 1
        try:
            yield self.agent
        finally:
            with anyio.CancelScope(shield=True):
                await self._give_back()

    async def _give_back(self) -> None:
        async with self._turn:
            self._borrowers -= 1
            if not self._borrowers and self._keeper is not None:
                keeper, self._keeper = self._keeper, None
                await keeper.closed()


class _Keeper:
    """Opens and closes an agent in one task of its own, as anyio's scopes demand, whoever borrows it."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._open = asyncio.Event()
        self._unneeded = asyncio.Event()
        self._task = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        async with self._agent:
            self._open.set()
            await self._unneeded.wait()

    async def opened(self) -> None:
        """Return when the agent is open; raise what it could not be opened for."""
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

    async def closed(self) -> None:
        """Return when the agent is closed."""
        self._unneeded.set()
        await self._task
