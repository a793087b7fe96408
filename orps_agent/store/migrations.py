"""Brings a database up to date, or refuses one that is ahead of us."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator

import aiosqlite

from orps_agent.errors import StoreError

from .schema import MIGRATIONS


async def refuse_newer(connection: aiosqlite.Connection, path: str) -> None:
    """Raise StoreError for a database that has taken steps unknown to us; nothing in it is changed."""
    names = [name for name, _ in MIGRATIONS]
    taken = await _taken(connection)
    if unknown := [name for name in taken if name not in names]:
        raise StoreError(
            f"{path} was written by a newer orps (it has the migration {unknown[0]!r}): "
            "upgrade orps-agent, or name another file with --db"
        )


async def migrate(connection: aiosqlite.Connection) -> None:
    """Take the steps that the database has not taken yet, all of them or none."""
    if len(await _taken(connection)) == len(MIGRATIONS):
        return
    await connection.execute("BEGIN IMMEDIATE")
    try:
        taken = await _taken(connection)  # another process may have been faster
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, taken_at REAL NOT NULL)"
        )
        for name, steps in MIGRATIONS:
            if name not in taken:
                for each in _statements(steps):
                    await connection.execute(each)
                await connection.execute("INSERT INTO migrations VALUES (?, ?)", (name, time.time()))
        await connection.commit()
    except BaseException:
        await connection.rollback()
        raise


async def _taken(connection: aiosqlite.Connection) -> list[str]:
    exists = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'"
    async with connection.execute(exists) as cursor:
        if await cursor.fetchone() is None:
            return []
    async with connection.execute("SELECT name FROM migrations") as cursor:
        return [row[0] for row in await cursor.fetchall()]


def _statements(steps: str) -> Iterator[str]:
    """One by one: SQLite's own way to execute several would end the transaction that they belong together in."""
    statement = ""
    for line in steps.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
