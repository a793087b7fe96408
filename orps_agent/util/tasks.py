"""Structured concurrency in the one shape that this package needs beyond anyio's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from contextvars import Context, copy_context
from typing import Any, Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

Result = TypeVar("Result")


@asynccontextmanager
async def beside(*work: Callable[[], Coroutine[Any, Any, None]], wait: bool = False) -> AsyncIterator[TaskGroup]:
    """Run functions beside the body of the context; when the body is through, cancel them, or wait for them.

    A single error comes out as it is: callers catch our errors by type and must not have to unpack a group.
    """
    try:
        async with anyio.create_task_group() as tasks:
            for each in work:
                tasks.start_soon(each)
            yield tasks
            if not wait:
                tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        if len(group.exceptions) == 1:
            only = group.exceptions[0]
            raise only from only.__cause__
        raise


class Shared(Generic[Result]):
    """Work in a task of its own that any number of tasks wait for; once nobody does any more, it is cancelled."""

    def __init__(self, work: Coroutine[Any, Any, Result], context: Context | None = None) -> None:
        self._task = asyncio.create_task(work, context=context)
        self._waiting = 0

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for it."""
        return self._waiting > 0

    async def result(self) -> Result:
        """What the work comes to, or raises."""
        self._waiting += 1
        try:
            return await asyncio.shield(self._task)
        finally:
            self._waiting -= 1
            if not self._waiting and not self._task.done():
                with anyio.CancelScope(shield=True):
                    self._task.cancel()
                    await asyncio.wait([self._task])


async def in_own_task(work: Coroutine[Any, Any, Result]) -> Result:
    """Await LangGraph in a task of its own: an anyio cancel scope around it would cut off its nodes' clean-up.

    Where this runs inside a node of somebody's graph, the task does not know of it: LangGraph would take ours for a
    part of theirs, with their thread and their checkpoints.
    """
    from langchain_core.runnables.config import var_child_runnable_config  # noqa: PLC0415 - slow, and loaded by now

    context = copy_context()
    context.run(var_child_runnable_config.set, None)
    return await Shared(work, context).result()
