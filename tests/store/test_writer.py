"""Test the writer: commits are shared, in the event loop where they are short, and never block it."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from orps_agent.errors import StoreError
from orps_agent.store import SqliteStore
from orps_agent.store.sqlite.writer import Statement
from tests.support.samples import a_search

REASON = "UPDATE searches SET reason = ? WHERE id = 'abcd'"


async def test_the_loop_goes_on_while_another_process_is_writing(tmp_path: Path) -> None:
    path = tmp_path / "orps.db"
    ticks = 0
    async with SqliteStore(path) as store:
        await store.add_search(a_search())
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(store.writer.write, (REASON, ("waited",)))
                while ticks < 20:
                    await anyio.sleep(0.01)
                    ticks += 1
                assert (await store.search("abcd")).reason is None
                other.execute("ROLLBACK")
        assert (await store.search("abcd")).reason == "waited"


async def test_whoever_is_cancelled_leaves_when_the_row_is_there(tmp_path: Path) -> None:
    path = tmp_path / "orps.db"
    async with SqliteStore(path) as store:
        await store.add_search(a_search())
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            # Cancelled as LangGraph cancels a node: twice, and no scope of anyio's keeps it away.
            writing = asyncio.create_task(store.writer.write((REASON, ("paid for",))))
            await anyio.sleep(0.05)
            for _ in range(2):
                writing.cancel()
                done, _ = await asyncio.wait([writing], timeout=0.1)
                assert not done
            other.execute("ROLLBACK")
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert (await store.search("abcd")).reason == "paid for"


async def test_every_commit_can_be_left_to_a_thread(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "orps.db", durability="power") as store:
        await store.add_search(a_search())
        await store.update_search("abcd", reason="on disk")
        (row,) = await store.reader.rows("SELECT reason FROM searches")
        assert row["reason"] == "on disk"


async def test_a_bad_statement_takes_only_its_own_call_with_it(tmp_path: Path) -> None:
    refused = []

    async def write(*statements: Statement) -> None:
        try:
            await store.writer.write(*statements)
        except StoreError as error:
            refused.append(str(error))

    async with SqliteStore(tmp_path / "orps.db") as store:
        await store.add_search(a_search())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write, ("UPDATE searches SET winner = '0' WHERE id = 'abcd'", ()))
            tasks.start_soon(write, (REASON, ("half",)), ("UPDATE searches SET nothing = 1", ()))
            tasks.start_soon(write, ("UPDATE searches SET comparison = 'fast' WHERE id = 'abcd'", ()))
        row = await store.search("abcd")
    assert (row.winner, row.reason, row.comparison) == ("0", None, "fast")
    assert len(refused) == 1
    assert "nothing" in refused[0]


async def test_the_wal_begins_anew_however_busy_the_writer_is(tmp_path: Path) -> None:
    path, writes = tmp_path / "orps.db", 10_000
    async with SqliteStore(path) as store:
        await store.add_search(a_search())
        (page,) = (await store.reader.rows("PRAGMA page_size"))[0]
        for n in range(writes):
            await store.update_search("abcd", reason=str(n))
        # Every commit puts a page at least into the WAL.
        assert path.with_name("orps.db-wal").stat().st_size < writes * page / 2


async def test_what_is_patient_goes_with_the_next_commit_or_after_a_while(tmp_path: Path) -> None:
    path = tmp_path / "orps.db"
    async with SqliteStore(path) as store:
        await store.add_search(a_search())
        with closing(sqlite3.connect(path)) as other:
            store.writer.post(("UPDATE searches SET winner = '0'", ()))
            assert other.execute("SELECT winner FROM searches").fetchone() == (None,)
            await store.writer.write((REASON, ("in a hurry",)))
            assert other.execute("SELECT winner, reason FROM searches").fetchone() == ("0", "in a hurry")
            await store.writer.write((REASON, ("alone",)), patient=True)
            assert other.execute("SELECT reason FROM searches").fetchone() == ("alone",)


async def test_what_is_patient_is_written_before_the_store_closes(tmp_path: Path) -> None:
    path = tmp_path / "orps.db"
    async with SqliteStore(path) as store:
        await store.add_search(a_search())
        store.writer.post((REASON, ("the last word",)))
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT reason FROM searches").fetchone() == ("the last word",)


async def test_a_closed_writer_takes_nothing_more(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "orps.db") as store:
        pass
    with pytest.raises(anyio.ClosedResourceError):
        store.writer.post((REASON, ("too late",)))
