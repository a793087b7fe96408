"""Walk a search's graph to its end, or to where it was stopped."""

from __future__ import annotations

import time
from collections.abc import Coroutine
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar, cast

import anyio
from langchain_core.runnables.config import var_child_runnable_config

from orps_agent.domain.search import SearchStatus
from orps_agent.errors import OrpsError, SearchCancelled, SearchInterrupted
from orps_agent.graphs.context import SearchContext
from orps_agent.graphs.lifecycle import Lifecycle
from orps_agent.graphs.search_graph import SearchState, build_machine, recursion_limit
from orps_agent.util.tasks import SharedTask, background_tasks

Result = TypeVar("Result")

GRACE_SECONDS = 10.0
"""Seconds that a stopping search may take to finish its effects in flight."""


async def walk(context: SearchContext, cancelled: anyio.Event) -> None:
    """Walk a search from its start, reading back what is stored of it, and store how it ended.

    Raises SearchCancelled once `cancelled` is set, SearchInterrupted when the context's lifecycle was stopped, and
    the error that made the search unable to continue.
    """
    try:
        async with background_tasks(partial(_obey, context, cancelled)):
            await run_graph(context)
        await context.store.update_search(context.id, status="finished", finished_at=time.time())
    except BaseException as error:
        with anyio.CancelScope(shield=True):
            status: SearchStatus = "cancelled" if isinstance(error, SearchCancelled) else "interrupted"
            reason = str(error) if isinstance(error, OrpsError) else status
            await context.store.update_search(context.id, status=status, reason=reason)
        raise


async def run_graph(context: SearchContext) -> SearchState:
    """Run the search's graph to its end and return its last state.

    Raises the error that stopped the search, or SearchInterrupted, once effects in flight or the grace period ended.
    """
    steps = build_machine().ainvoke(
        {"search": context.id}, {"recursion_limit": recursion_limit(context)}, context=context
    )
    async with background_tasks() as tasks:
        tasks.start_soon(_wind_down, context.lifecycle, tasks.cancel_scope)
        state = await _in_own_task(steps)
        if context.lifecycle.error is None:
            return cast("SearchState", state)
    raise context.lifecycle.error or SearchInterrupted(
        f"search {context.id} was stopped: `orps resume {context.id}` continues it"
    )


async def _in_own_task(work: Coroutine[Any, Any, Result]) -> Result:
    """Await LangGraph in a task of its own: an anyio cancel scope around it would cut off its nodes' clean-up.

    Inside a node of another graph, the task gets no LangGraph configuration: otherwise LangGraph would treat our
    graph as a part of that one, with its thread and its checkpoints.
    """
    own = copy_context()
    own.run(var_child_runnable_config.set, None)
    return await SharedTask(work, own).result()


async def _wind_down(lifecycle: Lifecycle, scope: anyio.CancelScope) -> None:
    await lifecycle.until_stopping()
    with anyio.move_on_after(GRACE_SECONDS):
        await lifecycle.until_idle()
    scope.cancel()


async def _obey(context: SearchContext, cancelled: anyio.Event) -> None:
    await cancelled.wait()
    context.lifecycle.stop(cancellation(context.id))


def cancellation(search: str) -> SearchCancelled:
    """Return the error that ends a cancelled search."""
    return SearchCancelled(
        f"search {search} was cancelled: `orps show {search}` tells what it found, "
        f"`orps resume {search}` continues it after all"
    )
