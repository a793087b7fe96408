"""Check that an abandoned search's unfinished writes do not lock the file of checkpoints for others."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio

from orps_agent.store.sqlite.checkpoints import open_checkpoints
from orps_agent.store.sqlite.connection import checkpoint_file

PLACE: Any = {"configurable": {"thread_id": "a search", "checkpoint_ns": "", "checkpoint_id": "1"}}


def other_writer(database: Path) -> sqlite3.Connection:
    """Somebody else's connection to the checkpoints, in the middle of a transaction."""
    connection = sqlite3.connect(checkpoint_file(database), timeout=0, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return connection


def stored(database: Path) -> int:
    """How many writes there are, asked by somebody who could write as well."""
    with closing(other_writer(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM writes").fetchone()[0])


async def test_a_write_that_has_begun_is_whole_before_the_file_is_closed(tmp_path: Path) -> None:
    database = tmp_path / "orps.db"
    async with open_checkpoints(database) as saver:
        with closing(other_writer(database)):
            # Nobody waits for it, as LangGraph does not for a write that it began while it was cancelled.
            writing = asyncio.create_task(saver.aput_writes(PLACE, [("finished", 1), ("budget", 2)], "a task"))
            await anyio.sleep(0.05)
    await writing
    assert stored(database) == 2


async def test_a_write_that_comes_too_late_is_left_out(tmp_path: Path) -> None:
    database = tmp_path / "orps.db"
    async with open_checkpoints(database) as saver:
        pass
    await saver.aput_writes(PLACE, [("finished", 1)], "a task")
    assert stored(database) == 0
