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

from .connecting import connect, explain


def checkpoint_file(database: Path) -> Path:
    """The file of checkpoints that goes with a database. It may be deleted while nothing runs."""
    return database.with_name(f"{database.name}-checkpoints")


@asynccontextmanager
async def open_checkpoints(database: Path) -> AsyncIterator[AsyncSqliteSaver]:
    """LangGraph's saver on the file beside the database; raises StoreError when it cannot be opened."""
    path = checkpoint_file(database)
    try:
        async with connect(path) as connection:
            saver = AsyncSqliteSaver(connection)
            await saver.setup()
            yield saver
    except sqlite3.Error as error:
        raise StoreError(explain(error, str(path))) from error


async def settle(saver: AsyncSqliteSaver) -> None:
    """End the transaction that a cancelled search may have left open."""
    with anyio.CancelScope(shield=True):
        async with saver.lock:
            if saver.conn.in_transaction:
                await saver.conn.rollback()
