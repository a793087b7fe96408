"""The schema, as an append-only list of small named steps; a database remembers which of them it has taken.

Never edit a step that has been released: add one. Times are Unix seconds; JSON columns hold the pydantic models of
the same name.
"""

from __future__ import annotations

import time

import aiosqlite

from orps_agent.errors import StoreError

MIGRATIONS: list[tuple[str, str]] = [
    (
        "searches",
        """
        CREATE TABLE searches (
            id TEXT PRIMARY KEY,
            created_at REAL NOT NULL,
            finished_at REAL,
            status TEXT NOT NULL,          -- running, interrupted, finished
            reason TEXT,                   -- why it ended
            problem TEXT NOT NULL,         -- JSON: Problem
            config TEXT NOT NULL,          -- JSON: SearchConfig
            programmer TEXT NOT NULL,      -- the models, as the user named them
            critic TEXT NOT NULL,
            winner TEXT,                   -- candidates.id
            verification TEXT,             -- JSON: ExecutionReport of the winner on the held-back tests
            owner_pid INTEGER,             -- who works on it now, and until when that is believed
            owner_host TEXT,
            lease_until REAL
        )
        """,
    ),
    (
        "candidates",
        """
        CREATE TABLE candidates (
            search TEXT NOT NULL REFERENCES searches(id) ON DELETE CASCADE,
            id TEXT NOT NULL,              -- the path from the root: 3.0.12
            round INTEGER NOT NULL,
            hint TEXT NOT NULL,
            status TEXT NOT NULL,          -- running, open, closed, pruned, failed
            reasoning TEXT,                -- R
            code TEXT,                     -- C
            report TEXT,                   -- F, JSON: ExecutionReport
            analysis TEXT,                 -- JSON: StaticAnalysis or NotAnalysable
            outcome TEXT,                  -- ω with its parts, JSON: OutcomeReward
            critique TEXT,                 -- K
            process INTEGER,               -- ρ, 1 to 5
            error TEXT,
            PRIMARY KEY (search, id)
        ) WITHOUT ROWID
        """,
    ),
    (
        "effects",
        """
        CREATE TABLE effects (
            search TEXT NOT NULL REFERENCES searches(id) ON DELETE CASCADE,
            candidate TEXT NOT NULL,
            stage TEXT NOT NULL,           -- reason, code, execute, profile, critique, judge
            attempt INTEGER NOT NULL,      -- 0, or 1 for a repair turn
            kind TEXT NOT NULL,            -- model, execution
            tries INTEGER NOT NULL,        -- how often it was begun; above 1 it was possibly paid for twice
            started_at REAL NOT NULL,
            finished_at REAL,
            request TEXT,                  -- model calls, JSON: parameters, and messages as [role, texts.hash]
            result TEXT,                   -- JSON; null while only intended
            PRIMARY KEY (search, candidate, stage, attempt)
        ) WITHOUT ROWID
        """,
    ),
    (
        "texts",
        """
        CREATE TABLE texts (
            hash TEXT PRIMARY KEY,         -- SHA-256 of the text, shortened to 128 bits
            text TEXT NOT NULL
        ) WITHOUT ROWID
        """,
    ),
    (
        "model calls, readable",
        """
        CREATE VIEW model_calls AS SELECT
            search, candidate, stage, attempt, tries, started_at, finished_at - started_at AS seconds,
            json_extract(result, '$.model') AS model, json_extract(result, '$.prompt_tokens') AS prompt_tokens,
            json_extract(result, '$.completion_tokens') AS completion_tokens,
            json_extract(result, '$.finish') AS finish,
            json_extract(result, '$.text') AS reply
        FROM effects WHERE kind = 'model'
        """,
    ),
    ("searches: the winner's speed against the first sample's", "ALTER TABLE searches ADD COLUMN comparison TEXT"),
]


async def migrate(connection: aiosqlite.Connection, path: str) -> None:
    """Take the steps that the database has not taken; refuse one that has taken steps unknown to us.

    Raises StoreError for a database of a newer version, before anything in it is changed.
    """
    names = [name for name, _ in MIGRATIONS]
    taken = await _taken(connection)
    if unknown := [name for name in taken if name not in names]:
        raise StoreError(
            f"{path} was written by a newer orps (it has the migration {unknown[0]!r}): "
            "upgrade orps-agent, or name another file with --db"
        )
    if len(taken) == len(names):
        return
    await connection.execute("BEGIN IMMEDIATE")
    try:
        taken = await _taken(connection)  # another process may have been faster
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, taken_at REAL NOT NULL)"
        )
        for name, statement in MIGRATIONS:
            if name not in taken:
                await connection.execute(statement)
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
