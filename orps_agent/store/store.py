"""Searches and candidates as rows of one SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import aiosqlite
import anyio
from pydantic import BaseModel, ConfigDict

from orps_agent.candidate import Candidate, Status, Tree
from orps_agent.errors import StoreError, UnknownCandidate, UnknownSearch
from orps_agent.problem import Problem
from orps_agent.report import ExecutionReport
from orps_agent.settings import SearchConfig
from orps_agent.tasks import beside

from .journal import Effect, Journal
from .migrations import migrate
from .writer import Writer, explain

_JSON_COLUMNS = ("report", "analysis", "outcome")
_CANDIDATE_COLUMNS = (
    "id",
    "round",
    "hint",
    "status",
    "reasoning",
    "code",
    *_JSON_COLUMNS,
    "critique",
    "process",
    "error",
)


class SearchRow(BaseModel):
    """What is stored about a search beside its candidates."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    created_at: float
    finished_at: float | None = None
    status: Literal["running", "interrupted", "finished"] = "running"
    reason: str | None = None
    """Why the search ended or was interrupted."""
    problem: Problem
    config: SearchConfig
    programmer: str
    critic: str
    winner: str | None = None
    verification: ExecutionReport | None = None
    """The winner on the held-back tests; None when there are none, or before the end."""
    comparison: str | None = None
    """How the winner's CPU time compares to the first sample's; None when no test is passed by both."""
    owner_pid: int | None = None
    owner_host: str | None = None
    lease_until: float | None = None


class Store:
    """One SQLite file, open for as long as the context lasts.

    Everything that a method was awaited for survives a killed process. After a power cut the last moments may be
    missing, but the file is consistent (WAL with `synchronous = NORMAL`).

        async with Store(path) as store:
            rows = await store.searches()
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            try:
                await anyio.Path(self.path).parent.mkdir(parents=True, exist_ok=True)
                writing = await stack.enter_async_context(aiosqlite.connect(self.path, timeout=10))
                await writing.execute("PRAGMA journal_mode = WAL")
                await writing.execute("PRAGMA synchronous = NORMAL")
                await writing.execute("PRAGMA foreign_keys = ON")
                await migrate(writing, str(self.path))
                self._reader = await stack.enter_async_context(aiosqlite.connect(self.path, timeout=10))
                await self._reader.execute("PRAGMA query_only = ON")
                self._reader.row_factory = aiosqlite.Row
            except sqlite3.Error as error:
                raise StoreError(explain(error, str(self.path))) from error
            except OSError as error:
                raise StoreError(
                    f"{self.path}: {error.strerror or error}; name another file with --db or ORPS_DB"
                ) from error
            self._writer = Writer(writing, str(self.path))
            await stack.enter_async_context(beside(self._writer.run, wait=True))
            stack.callback(self._writer.close)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def journal(self, search: str) -> Journal:
        """The journal of a search, knowing what earlier runs did."""
        journal = Journal(search, self._writer, self._reader)
        await journal.load()
        return journal

    async def add_search(self, row: SearchRow) -> None:
        """Store a new search."""
        await self._writer.write(
            (
                "INSERT INTO searches (id, created_at, status, problem, config, programmer, critic)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    row.id,
                    row.created_at,
                    row.status,
                    row.problem.model_dump_json(exclude_defaults=True),
                    row.config.model_dump_json(),
                    row.programmer,
                    row.critic,
                ),
            )
        )

    async def search(self, search: str) -> SearchRow:
        """One search, by its id or an unambiguous beginning of it."""
        found = await self._rows("SELECT * FROM searches WHERE id LIKE ? || '%' ESCAPE '\\' LIMIT 2", _escaped(search))
        if not found:
            raise UnknownSearch(f"no search {search!r} in {self.path}: `orps list` shows what is there")
        if len(found) > 1:
            raise UnknownSearch(f"{search!r} is the beginning of more than one search: give more of its id")
        return _search_row(found[0])

    async def searches(self, limit: int = 100) -> list[SearchRow]:
        """The latest searches, newest first."""
        found = await self._rows("SELECT * FROM searches ORDER BY created_at DESC LIMIT ?", limit)
        return [_search_row(row) for row in found]

    async def latest(self, *, unfinished: bool) -> SearchRow:
        """The newest search; with `unfinished`, the newest that can be resumed."""
        where = "WHERE status != 'finished'" if unfinished else ""
        found = await self._rows(f"SELECT * FROM searches {where} ORDER BY created_at DESC LIMIT 1")  # noqa: S608
        if not found:
            kind = "unfinished search" if unfinished else "search"
            raise UnknownSearch(f"no {kind} in {self.path}: start one with `orps solve`")
        return _search_row(found[0])

    async def update_search(self, search: str, **columns: object) -> None:
        """Set columns of a search."""
        await self._update("searches", columns, "id = ?", (search,))

    async def change_owner(self, seen: SearchRow, pid: int, host: str, until: float) -> None:
        """Give a search to a process, unless somebody else has changed its owner since `seen` was read."""
        await self._writer.write(
            (
                "UPDATE searches SET owner_pid = ?, owner_host = ?, lease_until = ?"
                " WHERE id = ? AND owner_pid IS ? AND lease_until IS ?",
                (pid, host, until, seen.id, seen.owner_pid, seen.lease_until),
            )
        )

    async def add_candidates(self, search: str, candidates: Iterable[Candidate]) -> None:
        """Store planned candidates; those that an interrupted run stored already stay as they are."""
        sql = "INSERT OR IGNORE INTO candidates (search, id, round, hint, status) VALUES (?, ?, ?, ?, ?)"
        await self._writer.write(*((sql, (search, each.id, each.round, each.hint, each.status)) for each in candidates))

    async def update_candidate(self, search: str, candidate: str, **columns: object) -> None:
        """Set columns of a candidate."""
        await self._update("candidates", columns, "search = ? AND id = ?", (search, candidate))

    async def set_status(self, search: str, candidates: Iterable[str], status: Status) -> None:
        """Give several candidates a status."""
        sql = "UPDATE candidates SET status = ? WHERE search = ? AND id = ?"
        await self._writer.write(*((sql, (status, search, each)) for each in candidates))

    async def candidate(self, search: str, candidate: str) -> Candidate:
        """One candidate as far as its stages have come."""
        found = await self._rows("SELECT * FROM candidates WHERE search = ? AND id = ?", search, candidate)
        if not found:
            raise UnknownCandidate(
                f"no candidate {candidate!r} in search {search}: `orps show {search}` draws its tree"
            )
        return _candidate(found[0])

    async def lineage(self, search: str, candidate: str) -> list[Candidate]:
        """The branch from the first round down to a candidate, itself included."""
        steps = candidate.split(".")
        ids = [".".join(steps[: depth + 1]) for depth in range(len(steps))]
        return [await self.candidate(search, each) for each in ids]

    async def tree(self, search: str) -> Tree:
        """All candidates of a search."""
        return Tree(_candidate(row) for row in await self._rows("SELECT * FROM candidates WHERE search = ?", search))

    async def messages(self, effect: Effect) -> list[tuple[str, str]]:
        """The conversation that a model call sent, as (role, text)."""
        rows = await self._rows(
            "SELECT json_extract(message.value, '$[0]') AS role, texts.text FROM effects,"
            " json_each(effects.request, '$.messages') AS message"
            " JOIN texts ON texts.hash = json_extract(message.value, '$[1]')"
            " WHERE search = ? AND candidate = ? AND stage = ? AND attempt = ? ORDER BY message.key",
            effect.search,
            *effect.place,
        )
        return [(row["role"], row["text"]) for row in rows]

    async def usage(self, search: str) -> dict[str, int | None]:
        """Finished model calls, executions and tokens of a whole search; tokens are None where not all are known."""
        (row,) = await self._rows(
            "SELECT count(*) FILTER (WHERE kind = 'model') AS model_calls,"
            " count(*) FILTER (WHERE kind = 'execution') AS executions FROM effects"
            " WHERE search = ? AND result IS NOT NULL",
            search,
        )
        (tokens,) = await self._rows(
            "SELECT CASE WHEN count(*) = count(prompt_tokens) THEN sum(prompt_tokens) END AS prompt_tokens,"
            " CASE WHEN count(*) = count(completion_tokens) THEN sum(completion_tokens) END AS completion_tokens"
            " FROM model_calls WHERE search = ? AND model IS NOT NULL",
            search,
        )
        return dict(row) | dict(tokens)

    async def _rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        # In one step: a statement left open between two would hold its snapshot, and whoever reads beside it on this
        # connection would not see what was committed since.
        try:
            return list(await self._reader.execute_fetchall(query, values))
        except sqlite3.Error as error:
            raise StoreError(explain(error, str(self.path))) from error

    async def _update(self, table: str, columns: Mapping[str, object], where: str, key: tuple[str, ...]) -> None:
        assignments = ", ".join(f"{name} = ?" for name in columns)
        values = [_stored(value) for value in columns.values()]
        await self._writer.write((f"UPDATE {table} SET {assignments} WHERE {where}", (*values, *key)))  # noqa: S608


def _stored(value: object) -> object:
    return value.model_dump_json(exclude_defaults=True) if isinstance(value, BaseModel) else value


def _search_row(row: sqlite3.Row) -> SearchRow:
    columns: dict[str, Any] = dict(row)
    for name in ("problem", "config", "verification"):
        columns[name] = columns[name] and json.loads(columns[name])
    return SearchRow.model_validate(columns)


def _candidate(row: sqlite3.Row) -> Candidate:
    columns: dict[str, Any] = {name: row[name] for name in _CANDIDATE_COLUMNS}
    for name in _JSON_COLUMNS:
        columns[name] = columns[name] and json.loads(columns[name])
    return Candidate.model_validate(columns)


def _escaped(prefix: str) -> str:
    return prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
