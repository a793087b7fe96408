"""Structured concurrency in the one shape that this package needs beyond anyio's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from contextvars import Context
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
