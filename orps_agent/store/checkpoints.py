"""LangGraph's checkpoints, in a file beside ours: where a search stands, and nothing that could not be rebuilt.

They are in a file of their own because LangGraph's transactions are not ours to end: one that fails half-way stays
open. In our file that would lock everybody out; here `Checkpoints.settle` ends it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiosqlite
import anyio
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from orps_agent.errors import StoreError

from .connecting import FAULTS, checkpoint_file, connect, explain


class Checkpoints(AsyncSqliteSaver):
    """LangGraph's saver, all of whose transactions end before its connection does.

    LangGraph writes in tasks of its own, and a graph that is cancelled while it ends does not wait for them. A
    connection that is closed between such a task's statement and its commit keeps the file locked for as long as
    anything holds the cursor, which the task's own traceback does.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        super().__init__(connection)
        self._writing = 0
        self._closing = False
        self._idle = anyio.Event()

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Save a checkpoint; once the saver is closing, nothing, as whoever asks is a search that was given up."""
        if self._closing:
            return config
        with self._write():
            return await super().aput(config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Save what a task learned, as `aput` saves a checkpoint."""
        if self._closing:
            return
        with self._write():
            await super().aput_writes(config, writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete a search's checkpoints, all or, when that fails, none."""
        with self._write(), anyio.CancelScope(shield=True):
            await super().adelete_thread(thread_id)

    async def settle(self) -> None:
        """End the transaction that a write which failed may have left open."""
        with anyio.CancelScope(shield=True):
            async with self.lock:
                if self.conn.in_transaction:
                    await self.conn.rollback()

    async def close(self) -> None:
        """Wait for the writes that have begun, and begin no more. The connection is still to be closed."""
        self._closing = True
        with anyio.CancelScope(shield=True):
            if self._writing:
                await self._idle.wait()
        await self.settle()

    @contextmanager
    def _write(self) -> Iterator[None]:
        self._writing += 1
        try:
            yield
        finally:
            self._writing -= 1
            if self._closing and not self._writing:
                self._idle.set()


@asynccontextmanager
async def open_checkpoints(database: Path) -> AsyncIterator[Checkpoints]:
    """LangGraph's saver on the file beside the database; raises StoreError when it cannot be opened."""
    path = checkpoint_file(database)
    try:
        await _set_aside_if_damaged(path)
        async with connect(path) as connection:
            saver = Checkpoints(connection)
            await saver.setup()
            try:
                yield saver
            finally:
                await saver.close()
    except FAULTS as error:
        raise StoreError(explain(error, str(path))) from error


async def _set_aside_if_damaged(path: Path) -> None:
    """Give a file that SQLite cannot make sense of another name: a search is walked again without it."""
    if not await anyio.Path(path).exists():
        return
    try:
        async with connect(path) as connection:
            sound = [row[0] for row in await connection.execute_fetchall("PRAGMA quick_check(1)")] == ["ok"]
    except sqlite3.OperationalError:  # locked, full or read-only, which is another matter
        raise
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        sound = False
    if not sound:
        from orps_agent.logs import log  # noqa: PLC0415 - slow to import, and rare

        log.warning("checkpoints are damaged and set aside", file=str(path))
        for end in ("", "-wal", "-shm"):
            part = anyio.Path(f"{path}{end}")
            if await part.exists():
                await part.rename(f"{path}.damaged{end}")
