"""Test the SQLite file: rows come back as they were, effects happen once, a bad file is left as it is."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from orps_agent.domain.candidate import Candidate, Status
from orps_agent.domain.execution import ExecutionReport, Metric, Metrics, StaticAnalysis, TestResult, Verdict
from orps_agent.domain.problem import TestSuite
from orps_agent.domain.rewards import outcome_reward
from orps_agent.errors import SearchOwned, StoreError, UnknownSearch
from orps_agent.serve.queue import Queue
from orps_agent.store import Store
from orps_agent.store.lease import lease, left_behind
from tests.support.samples import DOUBLE, a_search


async def test_a_search_and_its_candidates_come_back_as_they_were(tmp_path: Path) -> None:
    full = Candidate(
        id="1.0",
        round=1,
        hint="concise",
        shown=("0", "0.0"),
        status=Status.CLOSED,
        reasoning="Ünïcode 😀 \x1b[31m",
        code="def f(): ...",
        report=ExecutionReport(
            results=(
                TestResult(
                    name="1",
                    verdict=Verdict.PASS,
                    trust="split",
                    metrics=Metrics(cpu_ns=Metric(value=12, source="clock", spread=0.5)),
                ),
                TestResult(name="2", verdict=Verdict.FAIL, expected="1", actual="2", error="AssertionError"),
            ),
            tier=1,
            stdout="out",
        ),
        analysis=StaticAnalysis(lines=1, ast_nodes=2, cyclomatic=1, cognitive=0),
        critique="fine",
        process=4,
    )
    assert full.report is not None
    full = full.model_copy(update={"outcome": outcome_reward(full.report, full.analysis)})
    row = a_search()
    async with Store(tmp_path / "orps.db") as store:
        await store.add_search(row)
        await store.add_candidates(row.id, [full, Candidate(id="1", round=0, hint="h")])
        await store.update_candidate(row.id, full.id, dict(full))
    async with Store(tmp_path / "orps.db") as store:
        assert await store.search("ab") == row
        assert [each.id for each in await store.tree(row.id)] == ["1", "1.0"]
        assert await store.candidate(row.id, "1.0") == full
        outline = await store.outline(row.id)
        assert [(each.id, each.passed, each.tests, each.process) for each in outline] == [
            ("1", None, None, None),
            ("1.0", 1, 2, 4),
        ]


async def test_unknown_and_ambiguous_ids_are_refused(tmp_path: Path) -> None:
    async with Store(tmp_path / "orps.db") as store:
        with pytest.raises(UnknownSearch, match="start one"):
            await store.latest(unfinished=True)
        await store.add_search(a_search("ab1"))
        await store.add_search(a_search("ab2"))
        with pytest.raises(UnknownSearch, match="more than one"):
            await store.search("ab")
        with pytest.raises(UnknownSearch, match="no search"):
            await store.search("%")


async def test_a_search_has_one_owner(tmp_path: Path) -> None:
    async with Store(tmp_path / "orps.db") as store:
        await store.add_search(a_search())
        async with lease(store, "abcd"):
            with pytest.raises(SearchOwned, match="process"):
                async with lease(store, "abcd"):
                    pass
        async with lease(store, "abcd"):
            pass


async def test_a_dead_owner_does_not_hold_a_search(tmp_path: Path) -> None:
    async with Store(tmp_path / "orps.db") as store:
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
    """The pid of a process that has ended, and that nobody has waited for."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    yield ended.pid
    ended.wait()


async def test_an_owner_that_nobody_has_waited_for_since_it_ended_is_dead(tmp_path: Path, zombie: int) -> None:
    async with Store(tmp_path / "orps.db") as store:
        await store.add_search(a_search())
        await store.change_owner(await store.search("abcd"), zombie, socket.gethostname(), time.time() + 99)
        async with lease(store, "abcd"):
            pass


PLANNED = a_search("new").model_copy(update={"prompts": "as they are"})
OTHER_SEED = PLANNED.config.model_copy(update={"seed": 1})
ALIVE = {"owner_pid": os.getppid(), "owner_host": socket.gethostname(), "lease_until": time.time() + 600}


@pytest.mark.parametrize(
    ("planned", "stored", "goes_on"),
    [
        ({}, {"status": "running"}, True),
        ({}, {"status": "interrupted"}, True),
        ({}, ALIVE | {"lease_until": 0.0}, True),
        ({}, ALIVE, False),
        ({}, {"status": "finished"}, False),
        ({}, {"status": "cancelled"}, False),
        ({"config": OTHER_SEED}, {"status": "running"}, False),
        ({"problem": DOUBLE.model_copy(update={"statement": "Halve."})}, {"status": "running"}, False),
        ({"critic": "another"}, {"status": "running"}, False),
        ({"tester": "another"}, {"status": "running"}, False),
        ({"prompts": "others"}, {"status": "running"}, False),
        ({"prompts": None}, {"prompts": None}, False),
        ({"problem": DOUBLE.model_copy(update={"tests": TestSuite(tests=())})}, {"tests_by": "m"}, True),
    ],
)
async def test_an_interrupted_search_is_found_by_what_it_asks(
    tmp_path: Path, planned: dict[str, Any], stored: dict[str, Any], goes_on: bool
) -> None:
    async with Store(tmp_path / "orps.db") as store:
        await store.add_search(PLANNED.model_copy(update={"id": "old"}))
        await store.update_search("old", **stored)
        found = await left_behind(store, PLANNED.model_copy(update=planned))
    assert found == ("old" if goes_on else None)


async def test_neither_forks_nor_what_a_service_has_in_its_queue_go_on_by_themselves(tmp_path: Path) -> None:
    async with Store(tmp_path / "orps.db") as store:
        for name in ("queued", "fork"):
            await store.add_search(PLANNED.model_copy(update={"id": name}))
        assert await left_behind(store, PLANNED)
        await store.writer.write(Queue(store).submission("queued", "somebody", 0))
        await store.update_search("fork", forked_from="queued")
        assert await left_behind(store, PLANNED) is None


async def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "orps.db"
    async with Store(path):
        pass
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO migrations VALUES ('from the future', 0)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"orps\.db was written by a newer orps .*'from the future'"):
        async with Store(path):
            pass
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be read as one" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "orps.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"orps\.db: .*name another file with --db"):
        async with Store(path):
            pass
    assert path.read_bytes() == content


async def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--db or ORPS_DB"):
        async with Store(tmp_path / "file" / "orps.db"):
            pass
    with pytest.raises(StoreError, match="--db or ORPS_DB"):
        async with Store(tmp_path):
            pass


async def test_one_bad_write_does_not_take_its_neighbours_with_it(tmp_path: Path) -> None:
    async with Store(tmp_path / "orps.db") as store:
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
    async with Store(tmp_path / "orps.db") as store:
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
