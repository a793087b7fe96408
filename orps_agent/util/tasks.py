"""Provide the shapes of structured concurrency that this package needs beyond anyio's own."""

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
async def background_tasks(
    *work: Callable[[], Coroutine[Any, Any, None]], wait: bool = False
) -> AsyncIterator[TaskGroup]:
    """Run functions concurrently with the body of the context; when the body ends, cancel them, or wait for them.

    A single error is raised as it is, not in a group, so that callers can catch our errors by type.
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


class SharedTask(Generic[Result]):
    """Run a coroutine in a task of its own that any number of tasks await; cancel it when none awaits it any more."""

    def __init__(self, work: Coroutine[Any, Any, Result], context: Context | None = None) -> None:
        self._task = asyncio.create_task(work, context=context)
        self._waiting = 0

    @property
    def has_waiters(self) -> bool:
        """Return True while a task awaits the result."""
        return self._waiting > 0

    async def result(self) -> Result:
        """Wait for the result and return it; raise the error of the coroutine if it fails."""
        self._waiting += 1
        try:
            return await asyncio.shield(self._task)
        finally:
            self._waiting -= 1
            if not self._waiting and not self._task.done():
                with anyio.CancelScope(shield=True):
                    self._task.cancel()
                    await asyncio.wait([self._task])
