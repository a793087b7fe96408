"""LangGraph's checkpoints, in a file beside ours: where a search stands, and nothing that could not be rebuilt.

LangGraph's saver makes the tables and reads them; what it writes goes through a writer of ours. Its own writes take
four turns of a thread each, and a graph that is cancelled while it ends does not wait for them: a connection that was
closed between such a statement and its commit kept the file locked.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiosqlite
import anyio
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from orps_agent.errors import StoreError

from .connection import BUSY_SECONDS, FAULTS, checkpoint_file, connect, connect_for_writing, explain
from .writer import Statement, Writer

_CHECKPOINT = (
    "INSERT OR REPLACE INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type,"
    " checkpoint, metadata) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_WRITE = (
    "INSERT OR {} INTO writes (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, value)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_FIRST, _LAST = _WRITE.format("IGNORE"), _WRITE.format("REPLACE")


class Checkpoints(AsyncSqliteSaver):
    """LangGraph's saver over a writer."""

    def __init__(self, reading: aiosqlite.Connection, writer: Writer) -> None:
        super().__init__(reading)
        self.is_setup = True  # by open_checkpoints, before there was a writer
        self._writer = writer

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint; raises StoreError."""
        thread, namespace, parent = _place(config)
        kind, value = self.serde.dumps_typed(checkpoint)
        told = json.dumps(get_checkpoint_metadata(config, metadata))
        row = thread, namespace, checkpoint["id"], parent, kind, value, told
        await self._write((_CHECKPOINT, row), patient=True)
        where = {"thread_id": thread, "checkpoint_ns": namespace, "checkpoint_id": checkpoint["id"]}
        return {"configurable": where}

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store what a task that went on from a checkpoint has written; raises StoreError.

        Of a task's values the first counts; of its errors and interrupts, which have places of their own, the last.
        """
        sql = _LAST if all(channel in WRITES_IDX_MAP for channel, _ in writes) else _FIRST
        for_task = *_place(config), task_id, task_path
        statements = (
            (sql, (*for_task, WRITES_IDX_MAP.get(channel, index), channel, *self.serde.dumps_typed(value)))
            for index, (channel, value) in enumerate(writes)
        )
        await self._write(*statements, patient=True)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete what a search has stored; raises StoreError."""
        tables = "checkpoints", "writes"
        await self._write(*((f"DELETE FROM {each} WHERE thread_id = ?", (thread_id,)) for each in tables))

    async def _write(self, *statements: Statement, patient: bool = False) -> None:
        # Closed is the writer to what comes from a search that was given up, whose graph has not quite ended.
        with suppress(anyio.ClosedResourceError):
            await self._writer.write(*statements, patient=patient)


def _place(config: RunnableConfig) -> tuple[str, str, str | None]:
    """The thread, the namespace in it, and the checkpoint that the config goes on from."""
    told = config["configurable"]
    return told["thread_id"], told["checkpoint_ns"], told.get("checkpoint_id")


@asynccontextmanager
async def open_checkpoints(database: Path, *, in_loop: bool = True) -> AsyncIterator[Checkpoints]:
    """LangGraph's saver on the file beside the database; raises StoreError when it cannot be opened."""
    path = checkpoint_file(database)
    try:
        await _set_aside_if_damaged(path)
        async with connect(path) as reading:
            await AsyncSqliteSaver(reading).setup()
            async with connect_for_writing(path, lambda _: None, BUSY_SECONDS, "process") as writing:
                writer = Writer(writing, str(path), busy_seconds=BUSY_SECONDS, in_loop=in_loop)
                async with writer.serving():
                    yield Checkpoints(reading, writer)
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
        from orps_agent.util.logs import log  # noqa: PLC0415 - slow to import, and rare

        log.warning("checkpoints are damaged and set aside", file=str(path))
        for end in ("", "-wal", "-shm"):
            part = anyio.Path(f"{path}{end}")
            if await part.exists():
                await part.rename(f"{path}.damaged{end}")
