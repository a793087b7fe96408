"""Open SQLite files, and explain the errors of opening and using them."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import aiosqlite
import anyio
import anyio.to_thread

from .migrations import migrate, refuse_newer

FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""Errors that SQLite raises over a file; the latter when its message quotes a damaged one."""
BUSY_SECONDS = 10.0
"""Seconds that a statement waits for another process that is writing."""
Durability = Literal["process", "power"]
PAGE_BYTES = 1024
"""Page size of a new file. A reply shrinks to references once its candidate's row contains it: small pages leave small
holes."""
_SYNCHRONOUS: dict[Durability, str] = {"process": "NORMAL", "power": "FULL"}


@asynccontextmanager
async def connect(path: Path, busy_seconds: float = BUSY_SECONDS) -> AsyncIterator[aiosqlite.Connection]:
    """Open a connection for as long as the context lasts; raises sqlite3.Error."""
    # Opened once before, because aiosqlite leaks a thread when a file cannot be opened.
    await anyio.to_thread.run_sync(lambda: sqlite3.connect(path).close())
    async with aiosqlite.connect(path, timeout=busy_seconds) as connection:
        yield connection


@asynccontextmanager
async def connect_for_writing(
    path: Path, prepare: Callable[[sqlite3.Connection], None], busy_seconds: float, durability: Durability
) -> AsyncIterator[sqlite3.Connection]:
    """Open the connection of a file's one writer; raises sqlite3.Error, and the errors of `prepare`."""

    def open_() -> sqlite3.Connection:
        # Transactions, checkpoints and waiting are the writer's business, and any thread may do its work.
        connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
        try:
            prepare(connection)
            connection.execute(f"PRAGMA synchronous = {_SYNCHRONOUS[durability]}")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute("PRAGMA busy_timeout = 0")
        except BaseException:
            connection.close()
            raise
        return connection

    connection = await anyio.to_thread.run_sync(open_)
    try:
        yield connection
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(connection.close)


def bring_up_to_date(connection: sqlite3.Connection, path: str) -> None:
    """Prepare an orps database, new or old; raises StoreError when it comes from a newer version."""
    refuse_newer(connection, path)
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    migrate(connection)


def explain(error: sqlite3.Error | UnicodeDecodeError, path: str) -> str:
    """Describe in one line what is wrong with the file and how to repair it."""
    text = "database disk image is malformed" if isinstance(error, UnicodeDecodeError) else str(error)
    advice = {
        "disk is full": "free some space, then run `orps resume --last`",
        "readonly": "make it writable, or name another file with --db or ORPS_DB",
        "locked": "another program holds it: close that program, or name another file with --db",
        "malformed": "it is damaged: restore a copy, or name another file with --db",
        "not a database": "it is not an orps database: name another file with --db",
        "unable to open": "check that its folder exists and is writable, or name another file with --db or ORPS_DB",
        "disk I/O": "check the disk, or name another file with --db or ORPS_DB",
    }
    hint = next((words for part, words in advice.items() if part in text), "name another file with --db")
    return f"{path}: {text}; {hint}"
