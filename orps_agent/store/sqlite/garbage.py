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

from .connection import BUSY_SECONDS, FAULTS, checkpoint_file, explain

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
    keep = await store.unfinished()
    left = await anyio.to_thread.run_sync(_checkpoints, store.path, keep, searches)
    return Garbage(searches, size, len(left), await anyio.to_thread.run_sync(_room, store.path))


async def collect(store: SqliteStore, garbage: Garbage) -> int:
    """Remove the garbage and shrink the files; return the number of bytes by which they shrank."""
    keep = await store.unfinished()
    before = _bytes(store.path)
    await store.writer.write(*(("DELETE FROM searches WHERE id = ?", (each,)) for each in garbage.searches))
    await anyio.to_thread.run_sync(_shrink, store.path, keep)
    return before - _bytes(store.path)


def _checkpoints(database: Path, keep: set[str], gone: tuple[str, ...]) -> list[str]:
    path = checkpoint_file(database)
    if not path.exists():
        return []
    with _opened(path) as connection:
        found = {row[0] for row in connection.execute("SELECT DISTINCT thread_id FROM checkpoints")}
    return sorted(found - (keep - set(gone)))


def _room(database: Path) -> int:
    room = 0
    for path in _files(database):
        with _opened(path) as connection:
            (free,) = connection.execute(
                "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size"
            ).fetchone()
        room += free
    return room


def _shrink(database: Path, keep: set[str]) -> None:
    for thread in _checkpoints(database, keep, ()):
        with _opened(checkpoint_file(database)) as connection:
            connection.execute("DELETE FROM checkpoints WHERE thread_id = ?", (thread,))
            connection.execute("DELETE FROM writes WHERE thread_id = ?", (thread,))
    for path in _files(database):
        with _opened(path) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _files(database: Path) -> list[Path]:
    return [path for path in (database, checkpoint_file(database)) if path.exists()]


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a separate connection and commit what is written in it; raises StoreError."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection, connection:
            yield connection
    except FAULTS as error:
        raise StoreError(explain(error, str(path))) from error


def _bytes(database: Path) -> int:
    files = [path.with_name(path.name + end) for path in (database, checkpoint_file(database)) for end in ("", "-wal")]
    return sum(each.stat().st_size for each in files if each.exists())
