"""What LangGraph leaves behind when a search is given up must not keep the file of checkpoints from others."""

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import anyio.to_thread

from orps_agent.store.checkpoints import Checkpoints, open_checkpoints
from orps_agent.store.connecting import checkpoint_file

PLACE: Any = {"configurable": {"thread_id": "a search", "checkpoint_ns": "", "checkpoint_id": "1"}}


class _Held:
    """Writes of a saver stop in the middle of a statement until they are let go."""

    def __init__(self) -> None:
        self._begun = threading.Event()
        self._go = threading.Event()

    async def on(self, saver: Checkpoints) -> None:
        await saver.conn.create_function("hold", 0, self._hold)
        await saver.conn.execute("CREATE TEMP TRIGGER held AFTER INSERT ON writes BEGIN SELECT hold(); END")
        await saver.conn.commit()

    async def begun(self) -> None:
        assert await anyio.to_thread.run_sync(self._begun.wait, 30)

    def let_go_soon(self) -> None:
        asyncio.get_running_loop().call_later(0.1, self._go.set)

    def _hold(self) -> None:
        self._begun.set()
        self._go.wait(30)


def stored(database: Path) -> int:
    """How many writes there are, asked by somebody who could write as well."""
    connection = sqlite3.connect(checkpoint_file(database), timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        return int(connection.execute("SELECT count(*) FROM writes").fetchone()[0])
    finally:
        connection.close()


async def test_a_write_that_has_begun_is_whole_before_the_file_is_closed(tmp_path: Path) -> None:
    database, held = tmp_path / "orps.db", _Held()
    async with open_checkpoints(database) as saver:
        await held.on(saver)
        # Nobody waits for it, as LangGraph does not for a write that it began while it was cancelled.
        writing = asyncio.create_task(saver.aput_writes(PLACE, [("finished", 1), ("budget", 2)], "a task"))
        await held.begun()
        held.let_go_soon()
    assert stored(database) == 2
    await writing


async def test_a_write_that_comes_too_late_is_left_out(tmp_path: Path) -> None:
    database = tmp_path / "orps.db"
    async with open_checkpoints(database) as saver:
        pass
    await saver.aput_writes(PLACE, [("finished", 1)], "a task")
    assert stored(database) == 0


async def test_a_transaction_that_failed_half_way_is_ended(tmp_path: Path) -> None:
    database = tmp_path / "orps.db"
    async with open_checkpoints(database) as saver:
        await saver.conn.execute("INSERT INTO writes VALUES ('a search', '', '1', 'a task', 0, '', '', NULL, '')")
        await saver.settle()
        assert stored(database) == 0
