"""Bring a database up to date, or refuse one of a newer version."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator

from orps_agent.errors import StoreError

from .schema import MIGRATIONS


def refuse_newer(connection: sqlite3.Connection, path: str) -> None:
    """Raise StoreError for a database with migrations unknown to this version; nothing in it is changed."""
    names = [name for name, _ in MIGRATIONS]
    taken = _taken(connection)
    if unknown := [name for name in taken if name not in names]:
        raise StoreError(
            f"{path} was written by a newer orps (it has the migration {unknown[0]!r}): "
            "upgrade orps-agent, or name another file with --db"
        )


def migrate(connection: sqlite3.Connection) -> None:
    """Apply the migrations that the database does not have yet, all of them or none."""
    if len(_taken(connection)) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        taken = _taken(connection)  # another process may have been faster
        connection.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, taken_at REAL NOT NULL)")
        for name, steps in MIGRATIONS:
            if name not in taken:
                for each in _statements(steps):
                    connection.execute(each)
                connection.execute("INSERT INTO migrations VALUES (?, ?)", (name, time.time()))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _taken(connection: sqlite3.Connection) -> list[str]:
    exists = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'"
    if connection.execute(exists).fetchone() is None:
        return []
    return [row[0] for row in connection.execute("SELECT name FROM migrations")]


def _statements(steps: str) -> Iterator[str]:
    """Yield the statements one by one: `executescript` would commit the transaction that must contain them all."""
    statement = ""
    for line in steps.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
