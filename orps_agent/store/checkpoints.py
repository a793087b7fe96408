"""LangGraph's checkpoints, in a file beside ours: where a search stands, and nothing that could not be rebuilt.

They are in a file of their own because LangGraph leaves a transaction open when a search is cancelled while it
writes one. In our file that would lock everybody out; here it is ended by whoever cancelled.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from orps_agent.errors import StoreError

from .connecting import FAULTS, checkpoint_file, connect, explain


@asynccontextmanager
async def open_checkpoints(database: Path) -> AsyncIterator[AsyncSqliteSaver]:
    """LangGraph's saver on the file beside the database; raises StoreError when it cannot be opened."""
    path = checkpoint_file(database)
    try:
        await _set_aside_if_damaged(path)
        async with connect(path) as connection:
            saver = AsyncSqliteSaver(connection)
            await saver.setup()
            yield saver
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


async def settle(saver: AsyncSqliteSaver) -> None:
    """End the transaction that a cancelled search may have left open."""
    with anyio.CancelScope(shield=True):
        async with saver.lock:
            if saver.conn.in_transaction:
                await saver.conn.rollback()
