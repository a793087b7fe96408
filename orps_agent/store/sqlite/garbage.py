"""Find and remove the data of a database that is no longer needed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from orps_agent.errors import StoreError
from orps_agent.store.ownership import held
from orps_agent.store.records import Garbage

from .connection import BUSY_SECONDS, FAULTS, explain

if TYPE_CHECKING:
    from .store import SqliteStore

_SIZES = {
    "candidates": "reasoning || code || report || metrics || flags || analysis || critique",
    "model_calls": "parameters || messages || reply || thinking",
    "prompt_texts": "text",
    "executions": "result",
    "events": "told",
}


async def find_garbage(store: SqliteStore, *, older_than: float | None = None) -> Garbage:
    """Return what could be removed; with `older_than`, a Unix time, also searches that ended before it."""
    ended = [] if older_than is None else await store.ended_before(older_than)
    searches = tuple(row.id for row in ended if not held(row))
    size = 0
    for table, texts in _SIZES.items():
        columns = " + ".join(f"ifnull(length(CAST({name} AS BLOB)), 0)" for name in texts.split(" || "))
        for search in searches:
            (row,) = await store.reader.rows(f"SELECT total({columns}) AS size FROM {table} WHERE search = ?", search)
            size += int(row["size"])
    left = await anyio.to_thread.run_sync(_leftovers, store.path)
    return Garbage(searches, size, len(left), await anyio.to_thread.run_sync(_room, store.path))


async def collect(store: SqliteStore, garbage: Garbage) -> int:
    """Remove the garbage and shrink the files; return the number of bytes by which they shrank."""
    before = _bytes(store.path)
    await store.writer.write(*(("DELETE FROM searches WHERE id = ?", (each,)) for each in garbage.searches))
    await anyio.to_thread.run_sync(_shrink, store.path)
    return before - _bytes(store.path)


def _room(database: Path) -> int:
    with _opened(database) as connection:
        (free,) = connection.execute(
            "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size"
        ).fetchone()
    return int(free)


def _shrink(database: Path) -> None:
    for each in _leftovers(database):
        each.unlink(missing_ok=True)
    with _opened(database) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _leftovers(database: Path) -> list[Path]:
    """Return the files of LangGraph's checkpoints that an earlier version kept beside the database."""
    name = f"{database.name}-checkpoints"
    ends = ("", "-wal", "-shm", ".damaged", ".damaged-wal", ".damaged-shm")
    return [path for end in ends if (path := database.with_name(f"{name}{end}")).exists()]


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a separate connection and commit what is written in it; raises StoreError."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection, connection:
            yield connection
    except FAULTS as error:
        raise StoreError(explain(error, str(path))) from error


def _bytes(database: Path) -> int:
    files = [database, database.with_name(f"{database.name}-wal"), *_leftovers(database)]
    return sum(each.stat().st_size for each in files if each.exists())
