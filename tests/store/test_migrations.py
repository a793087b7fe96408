"""Open files of older versions: their searches get the states of today."""

import os
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from orps_agent.store import SqliteStore
from orps_agent.store.sqlite.schema import MIGRATIONS
from tests.support.samples import DOUBLE, SMALL

STATES = "searches: states that mean one thing each"


def older(path: Path, before: str) -> sqlite3.Connection:
    """Make a file as it was before a step of the schema."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY, taken_at REAL NOT NULL)")
    for name, steps in MIGRATIONS:
        if name == before:
            break
        connection.executescript(steps)
        connection.execute("INSERT INTO migrations VALUES (?, 0)", (name,))
    return connection


@pytest.mark.parametrize(
    ("status", "reason", "begun", "submission", "owner", "becomes"),
    [
        ("finished", "rounds", True, None, None, "finished"),
        ("finished", "rounds", True, "done", None, "finished"),
        ("finished", "budget: 3 model calls", True, None, None, "finished"),
        ("finished", "budget: 3 model calls", True, "open", None, "queued"),
        ("cancelled", "cancelled", True, "open", None, "cancelled"),
        ("interrupted", "interrupted", True, None, None, "interrupted"),
        ("interrupted", None, False, None, None, "created"),
        ("interrupted", "no such model", False, "done", None, "interrupted"),
        ("interrupted", None, False, "open", None, "queued"),
        ("interrupted", "stopped", True, "open", None, "queued"),
        ("running", None, True, None, None, "interrupted"),
        ("running", None, True, None, "dead", "interrupted"),
        ("running", None, True, None, "alive", "running"),
        ("running", None, True, "open", "dead", "queued"),
        ("running", None, True, "open", "alive", "running"),
        ("running", None, False, None, None, "created"),
    ],
)
async def test_what_a_status_meant_before_it_means_by_another_word(
    tmp_path: Path,
    status: str,
    reason: str | None,
    begun: bool,
    submission: str | None,
    owner: str | None,
    becomes: str,
) -> None:
    path, until = tmp_path / "orps.db", time.time() + 600
    pid = {"alive": os.getpid(), "dead": 2**22 + 1}.get(owner or "")  # above the kernel's limit
    with closing(older(path, STATES)) as connection, connection:
        connection.execute(
            "INSERT INTO searches (id, created_at, finished_at, status, reason, problem, config, programmer, critic,"
            " owner_pid, owner_host, lease_until) VALUES ('abcd', 1, ?, ?, ?, ?, ?, 'm', 'm', ?, ?, ?)",
            (
                2.0 if status == "finished" else None,
                status,
                reason,
                DOUBLE.model_dump_json(exclude_defaults=True),
                SMALL.model_dump_json(),
                pid,
                pid and socket.gethostname(),
                pid and until,
            ),
        )
        if begun:
            connection.execute("INSERT INTO events (search, at, kind, told) VALUES ('abcd', 1, 'search_started', '{}')")
        if submission:
            connection.execute(
                "INSERT INTO submissions (search, client, priority, submitted_at, tries, not_before, done_at)"
                " VALUES ('abcd', 'ann', 0, 1, 0, 0, ?)",
                (1.0 if submission == "done" else None,),
            )
    async with SqliteStore(path) as store:
        assert (await store.search("abcd")).status == becomes
