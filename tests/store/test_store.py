"""Test the SQLite file: rows come back as they were, effects happen once, a bad file is left as it is."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from orps_agent.domain.candidate import Candidate
from orps_agent.errors import SearchOwned, StoreError
from orps_agent.store import SqliteStore
from orps_agent.store.lease import lease
from tests.support.samples import a_search


async def test_a_dead_owner_does_not_hold_a_search(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "orps.db") as store:
        await store.add_search(a_search())
        # A pid above the kernel's limit is nobody's.
        await store.change_owner(await store.search("abcd"), 2**22 + 1, socket.gethostname(), time.time() + 99)
        async with lease(store, "abcd"):
            pass
        await store.change_owner(await store.search("abcd"), 1, "elsewhere", time.time() + 99)
        with pytest.raises(SearchOwned, match="1 on elsewhere"):
            async with lease(store, "abcd"):
                pass
        await store.update_search("abcd", lease_until=time.time() - 1)
        async with lease(store, "abcd"):
            pass


@pytest.fixture
def zombie() -> Iterator[int]:
    """Return the pid of a process that has ended without being waited for."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    yield ended.pid
    ended.wait()


async def test_an_owner_that_nobody_has_waited_for_since_it_ended_is_dead(tmp_path: Path, zombie: int) -> None:
    async with SqliteStore(tmp_path / "orps.db") as store:
        await store.add_search(a_search())
        await store.change_owner(await store.search("abcd"), zombie, socket.gethostname(), time.time() + 99)
        async with lease(store, "abcd"):
            pass


async def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "orps.db"
    async with SqliteStore(path):
        pass
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO migrations VALUES ('from the future', 0)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"orps\.db was written by a newer orps .*'from the future'"):
        async with SqliteStore(path):
            pass
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be read as one" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "orps.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"orps\.db: .*name another file with --db"):
        async with SqliteStore(path):
            pass
    assert path.read_bytes() == content


async def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--db or ORPS_DB"):
        async with SqliteStore(tmp_path / "file" / "orps.db"):
            pass
    with pytest.raises(StoreError, match="--db or ORPS_DB"):
        async with SqliteStore(tmp_path):
            pass


async def test_one_bad_write_does_not_take_its_neighbours_with_it(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "orps.db") as store:
        await store.add_search(a_search())

        async def wrong() -> None:
            with pytest.raises(StoreError):
                await store.update_search("abcd", no_such_column=1)

        async with anyio.create_task_group() as tasks:
            for n in range(20):
                tasks.start_soon(store.add_candidates, "abcd", [Candidate(id=str(n), round=0, hint="h")])
                tasks.start_soon(wrong)
        assert len(await store.tree("abcd")) == 20


async def test_what_is_committed_is_seen_by_readers_side_by_side(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "orps.db") as store:
        await store.add_search(a_search())
        await store.add_candidates("abcd", [Candidate(id=str(n), round=0, hint="h") for n in range(200)])

        async def write_then_read(n: int) -> None:
            for turn in range(5):
                await store.update_candidate("abcd", str(n), {"critique": str(turn)})
                assert (await store.candidate("abcd", str(n))).critique == str(turn)
                await store.tree("abcd")

        async with anyio.create_task_group() as tasks:
            for n in range(20):
                tasks.start_soon(write_then_read, n)
