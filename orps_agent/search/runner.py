"""The search's graph over its checkpoints: walked to its end, or to where it was stopped."""

from __future__ import annotations

import time
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

import anyio
from langchain_core.runnables import RunnableConfig

from orps_agent.domain.search import SearchStatus
from orps_agent.errors import OrpsError, SearchCancelled, SearchInterrupted
from orps_agent.graphs.context import SearchContext, SearchInput
from orps_agent.graphs.search_graph import build_machine, recursion_limit
from orps_agent.store.sqlite.checkpoints import Checkpoints
from orps_agent.util.tasks import background_tasks, in_own_task

Result = TypeVar("Result")

GRACE_SECONDS = 10.0
"""How long a search that is stopping may take to finish what is in flight."""


class Machine:
    """One compiled graph for any number of searches at once.

    Compiled once, because LangGraph reads the bytecode of every node for it.
    """

    def __init__(self, saver: Checkpoints) -> None:
        self._saver = saver
        self._graph = build_machine(saver)

    async def walk(self, context: SearchContext, cancelled: anyio.Event) -> None:
        """Go on from where the checkpoints are, and store how the search ended.

        Raises SearchCancelled once `cancelled` is set, SearchInterrupted when the context was told to stop, and what
        made the search unable to go on.
        """
        try:
            async with background_tasks(partial(_obey, context, cancelled)):
                await until_stopped(context, self._invoke(context))
            await context.store.update_search(context.id, status="finished", finished_at=time.time())
            await self.forget(context.id)
        except BaseException as error:
            with anyio.CancelScope(shield=True):
                status: SearchStatus = "cancelled" if isinstance(error, SearchCancelled) else "interrupted"
                reason = str(error) if isinstance(error, OrpsError) else status
                await context.store.update_search(context.id, status=status, reason=reason)
            raise

    async def forget(self, search: str) -> None:
        """Delete a search's checkpoints: the next walk begins at its start, and finds its effects in the store."""
        await self._saver.adelete_thread(search)

    async def _invoke(self, context: SearchContext) -> None:
        config: RunnableConfig = {
            "configurable": {"thread_id": context.id},
            "recursion_limit": recursion_limit(context),
        }
        known = await self._saver.aget_tuple(config) is not None
        if known and not (await self._graph.aget_state(config)).next:
            # Stopped between its last step and the row that says so: walked again, it tells why it ended.
            await self.forget(context.id)
            known = False
        given: SearchInput | None = None if known else {"search": context.id}
        await self._graph.ainvoke(given, config, context=context, durability="async")


async def until_stopped(context: SearchContext, steps: Coroutine[Any, Any, Result]) -> Result:
    """Walk a search's graph to its end.

    Raises what made the context stop, or SearchInterrupted, once what was in flight is done or the grace period over.
    """
    async with background_tasks() as tasks:
        tasks.start_soon(_wind_down, context, tasks.cancel_scope)
        result = await in_own_task(steps)
        if context.error is None:
            return result
    raise context.error or SearchInterrupted(
        f"search {context.id} was stopped: `orps resume {context.id}` goes on with it"
    )


async def _wind_down(context: SearchContext, scope: anyio.CancelScope) -> None:
    await context.stopping.wait()
    with anyio.move_on_after(GRACE_SECONDS):
        await context.idle.wait()
    scope.cancel()


async def _obey(context: SearchContext, cancelled: anyio.Event) -> None:
    await cancelled.wait()
    context.stop(cancellation(context.id))


def cancellation(search: str) -> SearchCancelled:
    """What a cancelled search is told to end with."""
    return SearchCancelled(
        f"search {search} was cancelled: `orps show {search}` tells what it found, "
        f"`orps resume {search}` goes on with it after all"
    )
