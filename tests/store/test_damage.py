"""Open damaged, locked, read-only and old files, and fill the disk: one line names the file, which stays intact."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from orps_agent.budget.prices import PriceTable
from orps_agent.domain.artifact import Program
from orps_agent.domain.candidate import Candidate, Status
from orps_agent.domain.execution import ExecutionReport, TestResult, Verdict
from orps_agent.errors import OrpsError, StoreError, UsageError
from orps_agent.llm.base import ModelReply
from orps_agent.search.export import document
from orps_agent.search.ledger import spent
from orps_agent.search.replay_journal import Recording
from orps_agent.store import Effect, SqliteStore
from orps_agent.store.sqlite.schema import MIGRATIONS
from tests.support.processes import orps
from tests.support.samples import DOUBLE, SMALL, a_request, a_search

NOBODY = 65534


async def filled(path: Path) -> bytes:
    """Make a database with a finished candidate and its call in it; its bytes."""
    long = "A thought that is long enough to be quoted by the prompts that follow it. " * 20
    report = ExecutionReport(results=(TestResult(name="1", verdict=Verdict.PASS),), tier=1)
    async with SqliteStore(path) as store:
        await store.add_search(a_search())
        await store.add_candidates("abcd", [Candidate(id=str(n), round=0, hint="concise") for n in range(8)])
        journal = await store.journal("abcd")

        async def reply() -> ModelReply:
            return ModelReply(text=long, model="m", prompt_tokens=1, completion_tokens=1, seconds=0.1)

        for n in range(8):
            effect = Effect("abcd", str(n), "reason")
            await journal.call(effect, a_request(long + str(n), seed=n), reply, model="m")
            learned = {
                "reasoning": long,
                "solution": Program("def double(n): ..."),
                "report": report,
                "status": Status.OPEN,
            }
            settled = journal.settled((await store.candidate("abcd", str(n))).model_copy(update=learned), ["reason"])
            await store.update_candidate("abcd", str(n), learned, settled=settled)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()  # noqa: ASYNC240 - a few KB of a test's own


async def refusal(work: Awaitable[object], *kinds: type[OrpsError]) -> str:
    """Return the message of the error that the work ends with; empty when it ends well."""
    try:
        await work
    except kinds as error:
        return str(error)
    return ""


async def everything(path: Path) -> None:
    """Use every part of a database, one part after the other, even when an earlier one is damaged.

    Raises the first OrpsError that opening it gives, and anything at all that is not one of ours.
    """
    async with SqliteStore(path) as store:
        journal = await store.journal("abcd")
        effect = Effect("abcd", "3", "reason")
        operations: list[Callable[[], Awaitable[object]]] = [
            store.searches,
            lambda: store.search("ab"),
            lambda: store.tree("abcd"),
            lambda: store.outline("abcd"),
            lambda: store.usage("abcd"),
            lambda: store.messages(effect),
            lambda: journal.reply(effect),
            lambda: document(store, "abcd", texts=True),
            lambda: recorded(store),
            store.garbage,
            lambda: spent(store, "abcd", PriceTable({})),
            lambda: store.update_candidate("abcd", "3", {"critique": "words " * 500}),
        ]
        for each in operations:
            # A UsageError: what the search or the candidate was called is gone.
            said = await refusal(each(), StoreError, UsageError)
            assert "\n" not in said


async def recorded(store: SqliteStore) -> None:
    """Read what a replay is made from."""
    await Recording(store, await store.search("abcd"), exact=True).load()


async def test_flipped_bytes_are_never_a_traceback(tmp_path: Path) -> None:
    whole = await filled(tmp_path / "whole.db")
    chance = random.Random(4)
    refused = 0
    for number in range(250):
        damaged = bytearray(whole)
        for place in chance.sample(range(len(whole)), chance.choice((1, 4, 64))):
            damaged[place] ^= 1 << chance.randrange(8)
        path = tmp_path / f"{number}.db"
        path.write_bytes(damaged)
        said = await refusal(everything(path), StoreError)
        if said:
            refused += 1
            assert str(path) in said
            assert path.read_bytes() == damaged
    assert refused


@pytest.mark.parametrize("share", [0.1, 0.4, 0.7, 0.95])
async def test_a_truncated_file_is_refused_or_read_as_far_as_it_goes(tmp_path: Path, share: float) -> None:
    path = tmp_path / "orps.db"
    whole = await filled(path)
    kept = whole[: int(len(whole) * share)]
    path.write_bytes(kept)
    with pytest.raises(StoreError, match=r"orps\.db: .*malformed.*restore a copy"):
        await everything(path)
    assert path.read_bytes() == kept
    shown = orps(tmp_path, "show")
    assert shown.returncode == 3
    assert shown.stderr.count("\n") == 1
    assert str(path) in shown.stderr


async def test_a_locked_file_is_said_to_be_locked(tmp_path: Path) -> None:
    path = tmp_path / "orps.db"
    await filled(path)
    async with SqliteStore(path, busy_seconds=0.1) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert len(await store.outline("abcd")) == 8
            with pytest.raises(StoreError, match=r"orps\.db: database is locked; another program holds it"):
                await store.update_search("abcd", reason="written")
            other.execute("ROLLBACK")
        await store.update_search("abcd", reason="written")
        assert (await store.search("abcd")).reason == "written"


WRITE = """
import os, resource, sys
from pathlib import Path
import aiosqlite, anyio, anyio._backends._asyncio
from orps_agent.errors import StoreError
from orps_agent.store import SqliteStore

async def write():
    async with SqliteStore(Path(sys.argv[1])) as store:
        for n in range(100):
            await store.update_search("abcd", reason=f"{n} " * 7_000)
            print("written", n, flush=True)

exec(sys.argv[2])  # from here on as somebody else, or with less room
try:
    anyio.run(write)
except StoreError as error:
    print(error)
"""
AS_NOBODY = f"if os.geteuid() == 0: os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})"
NEARLY_FULL = "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))"


def write(path: Path, first: str) -> subprocess.CompletedProcess[str]:
    """Write to a database in a process of its own, which does something else first."""
    return subprocess.run([sys.executable, "-c", WRITE, str(path), first], capture_output=True, text=True, check=False)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Make a folder that another user can reach."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    inner = tmp_path / "shared"
    inner.mkdir()
    return inner


@pytest.mark.parametrize("what", ["file", "folder"])
async def test_what_may_not_be_written_is_named(shared: Path, what: str) -> None:
    path = shared / "orps.db"
    whole = await filled(path)
    os.chmod(shared, 0o777 if what == "file" else 0o555)  # noqa: PTH101
    os.chmod(path, 0o444)  # noqa: PTH101
    done = write(path, AS_NOBODY)
    assert done.stderr == ""
    assert f"{path}: attempt to write a readonly database; make it writable" in done.stdout
    assert "written 0" not in done.stdout
    assert path.read_bytes() == whole


async def test_a_full_disk_loses_nothing_that_was_stored_before(tmp_path: Path) -> None:
    path = tmp_path / "orps.db"
    await filled(path)
    done = write(path, NEARLY_FULL)
    assert done.stderr == ""
    *written, said = done.stdout.splitlines()
    assert str(path) in said
    assert "space" in said or "check the disk" in said
    async with SqliteStore(path) as store:
        reason = (await store.search("abcd")).reason or ""
        assert f"written {reason.split()[0]}" == written[-1]
        assert len(await store.tree("abcd")) == 8
        await store.update_search("abcd", reason="there is room again")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


async def test_a_database_of_the_release_before_is_brought_up_to_date_whole(tmp_path: Path) -> None:
    path = tmp_path / "orps.db"
    report = {"results": [{"name": "1", "verdict": "pass", "metrics": {"cpu_ns": {"value": 5.0, "source": "clock"}}}]}
    asked = {"role": "programmer", "model": "m", "temperature": 0.5, "max_tokens": 9, "seed": 3}
    told = {"text": "Think.\n```python\nx = 1\n```", "model": "m", "prompt_tokens": 5, "seconds": 0.5}
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY, taken_at REAL NOT NULL)")
        for name, steps in MIGRATIONS[:6]:
            connection.executescript(steps)
            connection.execute("INSERT INTO migrations VALUES (?, 0)", (name,))
        connection.execute(
            "INSERT INTO searches (id, created_at, status, problem, config, programmer, critic)"
            " VALUES ('abcd', 1, 'interrupted', ?, ?, 'm', 'm')",
            (DOUBLE.model_dump_json(exclude_defaults=True), SMALL.model_dump_json()),
        )
        connection.execute(
            "INSERT INTO candidates (search, id, round, hint, status, reasoning, code, report, outcome, critique,"
            " process) VALUES ('abcd', '0', 0, 'concise', 'open', 'Think.', 'x = 1', ?, ?, 'Fine.', 4)",
            (json.dumps(report), json.dumps({"value": 1.5, "pass_rate": 1.0})),
        )
        connection.execute(
            "INSERT INTO candidates (search, id, round, hint, status) VALUES ('abcd', '1', 0, 'h', 'running')"
        )
        connection.executemany("INSERT INTO texts VALUES (?, ?)", [("s", "You are."), ("u", "Write it.")])
        messages = {"messages": [["system", "s"], ["user", "u"]]}
        connection.executemany(
            "INSERT INTO effects VALUES ('abcd', ?, ?, 0, ?, ?, 10, ?, ?, ?)",
            [
                ("0", "reason", "model", 2, 12, json.dumps(asked | messages), json.dumps(told)),
                ("0", "execute", "execution", 1, 13, None, json.dumps(report)),
                ("1", "reason", "model", 1, None, json.dumps(asked | messages), None),
            ],
        )
    async with SqliteStore(path) as store:
        first, second = await store.tree("abcd")
        assert (first.reasoning, first.code, first.critique, first.process) == ("Think.", "x = 1", "Fine.", 4)
        assert first.report == ExecutionReport.model_validate(report)
        assert first.omega > 1
        outline, _ = await store.outline("abcd")
        assert (outline.written, outline.costs) == (True, {"cpu_ns": 5.0})
        assert second.status is Status.RUNNING
        journal = await store.journal("abcd")
        answered, asked_only = (Effect("abcd", id_, "reason") for id_ in "01")
        assert (await journal.reply(answered)).text == told["text"]
        assert not journal.is_finished(asked_only)
        assert await store.messages(asked_only) == [("system", "You are."), ("user", "Write it.")]
        assert (await store.usage("abcd"))["model_calls"] == 1
