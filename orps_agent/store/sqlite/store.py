"""Searches and candidates as rows of one SQLite file."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import aiosqlite
import anyio

from orps_agent.budget.account import OUT_OF_BUDGET
from orps_agent.domain.agreement import Choice
from orps_agent.domain.candidate import Candidate, Outline, Status, Tree, path_key
from orps_agent.domain.search import Search, choose
from orps_agent.errors import StoreError, UnknownSearch

from .connection import BUSY_SECONDS, FAULTS, Durability, bring_up_to_date, connect, connect_for_writing, explain
from .effects import Effect
from .journal import Journal
from .reader import COST, Reader
from .rows import COPIED, OUTLINED, candidate, candidate_columns, outline, search_row, stored
from .writer import Statement, Writer

if TYPE_CHECKING:
    from orps_agent.domain.events import AnyEvent

_LOOK_AGAIN_SECONDS = 1.0


class Store:
    """One SQLite file, open for as long as the context lasts.

    Everything that a method was awaited for survives a killed process. Whether it survives a power cut, too, is the
    `durability`: with "process" the last moments may be missing then, with "power" nothing is; the file is
    consistent either way (WAL with `synchronous` NORMAL or FULL).

        async with Store(path) as store:
            rows = await store.searches()
    """

    def __init__(
        self,
        path: Path,
        *,
        durability: Durability = "process",
        busy_seconds: float = BUSY_SECONDS,
        in_loop: bool = True,
    ) -> None:
        self.path = path
        self._durability = durability
        # Commits that wait for the disk would hold the loop up.
        self._in_loop = in_loop and durability == "process"
        self._busy_seconds = busy_seconds
        self._looking = anyio.Lock()
        self._looked_at = -math.inf
        self._to_cancel: set[str] = set()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            try:
                await anyio.Path(self.path).parent.mkdir(parents=True, exist_ok=True)
                prepare = partial(bring_up_to_date, path=str(self.path))
                opening = connect_for_writing(self.path, prepare, self._busy_seconds, self._durability)
                writing = await stack.enter_async_context(opening)
                reading = await stack.enter_async_context(connect(self.path, self._busy_seconds))
                await reading.execute("PRAGMA query_only = ON")
                reading.row_factory = aiosqlite.Row
            except FAULTS as error:
                raise StoreError(explain(error, str(self.path))) from error
            except OSError as error:
                raise StoreError(
                    f"{self.path}: {error.strerror or error}; name another file with --db or ORPS_DB"
                ) from error
            self.reader = Reader(reading, str(self.path))
            self.writer = Writer(writing, str(self.path), busy_seconds=self._busy_seconds, in_loop=self._in_loop)
            await stack.enter_async_context(self.writer.serving())
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def journal(self, search: str) -> Journal:
        """The journal of a search, knowing what earlier runs did."""
        journal = Journal(search, self.writer, self.reader)
        await journal.load()
        return journal

    async def add_search(self, row: Search, *also: Statement) -> None:
        """Store a new search, and what else belongs into the same transaction."""
        await self.writer.write(
            (
                "INSERT INTO searches (id, created_at, status, problem, config, programmer, critic, tester,"
                " tests_by, prompts, forked_from, forked_at, start) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    row.id,
                    row.created_at,
                    row.status,
                    row.problem.model_dump_json(exclude_defaults=True),
                    row.config.model_dump_json(),
                    row.programmer,
                    row.critic,
                    row.tester,
                    row.tests_by,
                    row.prompts,
                    row.forked_from,
                    row.forked_at,
                    row.start and json.dumps(row.start),
                ),
            ),
            *also,
        )

    async def add_fork(self, row: Search, branch: Iterable[str], edits: Mapping[str, object], *also: Statement) -> None:
        """Store a search that begins with copies of a branch of another one, the last of them edited.

        What else belongs into the same transaction goes with it.
        """
        listed = list(branch)
        copy = (
            f"INSERT INTO candidates (search, {COPIED}) SELECT ?, {COPIED} FROM candidates WHERE search = ? AND id = ?"
        )
        open_ = "UPDATE candidates SET status = 'open' WHERE search = ?"
        await self.add_search(
            row,
            *((copy, (row.id, row.forked_from, each)) for each in listed),
            (open_, (row.id,)),
            _update("candidates", edits, "search = ? AND id = ?", (row.id, listed[-1])),
            *also,
        )

    async def search(self, search: str) -> Search:
        """One search, by its id or an unambiguous beginning of it."""
        found = await self.reader.rows(
            "SELECT * FROM searches WHERE id LIKE ? || '%' ESCAPE '\\' LIMIT 2", _escaped(search)
        )
        if not found:
            raise UnknownSearch(f"no search {search!r} in {self.path}: `orps list` shows what is there")
        if len(found) > 1:
            raise UnknownSearch(f"{search!r} is the beginning of more than one search: give more of its id")
        return self.reader.read(found[0], search_row)

    async def has_search(self, search: str) -> bool:
        """Whether there is a search with exactly this id."""
        return bool(await self.reader.rows("SELECT 1 FROM searches WHERE id = ?", search))

    async def has_begun(self, search: str) -> bool:
        """Whether a run of the search has told anything."""
        return bool(await self.reader.rows("SELECT 1 FROM events WHERE search = ? LIMIT 1", search))

    async def searches(self, limit: int = 100) -> list[Search]:
        """The latest searches, newest first."""
        found = await self.reader.rows("SELECT * FROM searches ORDER BY created_at DESC LIMIT ?", limit)
        return [self.reader.read(row, search_row) for row in found]

    async def latest(self, *, unfinished: bool, out_of_budget: bool = False) -> Search:
        """The newest search; with `unfinished`, the newest that can be resumed, with `out_of_budget` by more of it."""
        where = "WHERE status IN ('running', 'interrupted')" if unfinished else ""
        if unfinished and out_of_budget:
            where += f" OR (status = 'finished' AND reason LIKE '{OUT_OF_BUDGET}%')"
        found = await self.reader.rows(f"SELECT * FROM searches {where} ORDER BY created_at DESC LIMIT 1")
        if not found:
            if not unfinished:
                raise UnknownSearch(f"no search in {self.path}: start one with `orps solve`")
            more = "" if out_of_budget else "; one that its budget ended needs a larger limit"
            raise UnknownSearch(f"no unfinished search in {self.path}: start one with `orps solve`{more}")
        return self.reader.read(found[0], search_row)

    async def begun_as(self, planned: Search) -> list[Search]:
        """The searches that ask the same as a planned one and have not ended, newest first.

        Neither forks, which begin elsewhere, nor what a service has in its queue, nor what nobody knows the prompts of.
        """
        found = await self.reader.rows(
            "SELECT * FROM searches WHERE status IN ('running', 'interrupted') AND prompts = ? AND forked_from IS NULL"
            " AND id NOT IN (SELECT search FROM submissions) ORDER BY created_at DESC",
            planned.prompts,
        )
        rows = [self.reader.read(row, search_row) for row in found]
        return [row for row in rows if row.asks_the_same_as(planned)]

    async def ended_before(self, time_: float) -> list[Search]:
        """The searches that were finished or cancelled, and begun before a Unix time, oldest first."""
        found = await self.reader.rows(
            "SELECT * FROM searches WHERE status IN ('finished', 'cancelled')"
            " AND ifnull(finished_at, created_at) < ? ORDER BY created_at",
            time_,
        )
        return [self.reader.read(row, search_row) for row in found]

    async def update_search(self, search: str, *also: Statement, **columns: object) -> None:
        """Set columns of a search, and do what else belongs into the same transaction."""
        await self.writer.write(_update("searches", columns, "id = ?", (search,)), *also)

    async def reopen(self, row: Search) -> None:
        """Take a search up again with the row's config.

        Candidates that a budget had halted go on where they were. The winner of a search that had ended is judged
        anew, as it may be another.
        """
        wake = "UPDATE candidates SET status = 'running', error = NULL WHERE search = ? AND status = 'halted'"
        unjudge = "DELETE FROM executions WHERE search = ? AND stage IN ('judge', 'contest')"
        columns: dict[str, object] = {"status": "running", "reason": None, "finished_at": None}
        also: list[Statement] = [(wake, (row.id,))]
        if row.status == "finished":
            also.append((unjudge, (row.id,)))
            columns["winner"] = None
        await self.update_search(row.id, *also, config=row.config.model_dump_json(), **columns)

    async def cancel_requested(self, search: str) -> bool:
        """Whether somebody has asked for the end of a search since its owner took it, as of a second ago at most.

        Searches that run side by side look together: each on its own, a hundred would keep the reader busy.
        """
        async with self._looking:
            if time.monotonic() - self._looked_at > _LOOK_AGAIN_SECONDS:
                found = await self.reader.rows("SELECT id FROM searches WHERE cancel_requested_at IS NOT NULL")
                self._to_cancel = {row["id"] for row in found}
                self._looked_at = time.monotonic()
        return search in self._to_cancel

    async def change_owner(self, seen: Search, pid: int, host: str, until: float) -> None:
        """Give a search to a process, unless somebody else has changed its owner since `seen` was read.

        What was asked of an owner before does not hold for the new one.
        """
        await self.writer.write(
            (
                "UPDATE searches SET owner_pid = ?, owner_host = ?, lease_until = ?, cancel_requested_at = NULL"
                " WHERE id = ? AND owner_pid IS ? AND lease_until IS ?",
                (pid, host, until, seen.id, seen.owner_pid, seen.lease_until),
            )
        )

    async def add_candidates(self, search: str, candidates: Iterable[Candidate]) -> None:
        """Store planned candidates; those that an interrupted run stored already stay as they are."""
        sql = "INSERT OR IGNORE INTO candidates (search, id, round, hint, status, shown) VALUES (?, ?, ?, ?, ?, ?)"
        rows = (
            (search, each.id, each.round, each.hint, each.status, json.dumps(each.shown) if each.shown else None)
            for each in candidates
        )
        await self.writer.write(*((sql, row) for row in rows))

    async def update_candidate(self, search: str, candidate: str, changed: Mapping[str, Any], *also: Statement) -> None:
        """Set attributes of a candidate, and do what else belongs into the same transaction."""
        columns = candidate_columns(changed)
        await self.writer.write(_update("candidates", columns, "search = ? AND id = ?", (search, candidate)), *also)

    async def set_status(self, search: str, candidates: Iterable[str], status: Status) -> None:
        """Give several candidates a status."""
        sql = "UPDATE candidates SET status = ? WHERE search = ? AND id = ?"
        await self.writer.write(*((sql, (status, search, each)) for each in candidates))

    async def candidate(self, search: str, candidate: str) -> Candidate:
        """One candidate as far as its stages have come."""
        return await self.reader.candidate(search, candidate)

    async def lineage(self, search: str, candidate: str) -> list[Candidate]:
        """The branch from the first round down to a candidate, itself included."""
        steps = candidate.split(".")
        ids = [".".join(steps[: depth + 1]) for depth in range(len(steps))]
        return [await self.candidate(search, each) for each in ids]

    async def tree(self, search: str) -> Tree:
        """All candidates of a search."""
        rows = await self.reader.rows("SELECT * FROM candidates WHERE search = ?", search)
        return Tree(self.reader.read(row, candidate) for row in rows)

    async def outline(self, search: str) -> list[Outline]:
        """All candidates of a search without their texts, in path order: fast for trees of any size."""
        rows = await self.reader.rows(f"SELECT {OUTLINED} FROM candidates WHERE search = ?", search)
        found = self.reader.read_all(rows, lambda row: (path_key(row["id"]), outline(row)))
        return [each for _, each in sorted(found, key=itemgetter(0))]

    async def passed(self, search: str) -> dict[str, frozenset[str]]:
        """Of every executed candidate the names of the visible tests that it passes."""
        rows = await self.reader.rows(
            "SELECT id, (SELECT json_group_array(json_extract(value, '$.name')) FROM json_each(report, '$.results')"
            " WHERE json_extract(value, '$.verdict') = 'pass') AS names"
            " FROM candidates WHERE search = ? AND report IS NOT NULL",
            search,
        )
        return {row["id"]: self.reader.read(row, lambda row: frozenset(json.loads(row["names"]))) for row in rows}

    async def choice(self, row: Search, tree: Sequence[Outline]) -> Choice:
        """The winner of a search as far as it has come, by its selector."""
        return choose(row, tree, {} if row.selector == "order" else await self.passed(row.id))

    async def messages(self, effect: Effect) -> list[tuple[str, str]]:
        """The conversation that a model call sent, as (role, text)."""
        return await self.reader.messages(effect)

    async def usage(self, search: str) -> dict[str, int | float | None]:
        """What a search has done and cost over all runs; tokens and cost are None where not all are known."""
        (calls,) = await self.reader.rows(
            "WITH calls AS MATERIALIZED (SELECT status, prompt_tokens, completion_tokens, cached_tokens, cost"
            " FROM model_calls WHERE search = ?1), answered AS (SELECT * FROM calls WHERE status = 'answered')"
            f" SELECT {COST}, count(*) AS model_calls, sum(cached_tokens) AS cached_tokens,"
            " iif(count(*) = count(prompt_tokens), ifnull(sum(prompt_tokens), 0), NULL) AS prompt_tokens,"
            " iif(count(*) = count(completion_tokens), ifnull(sum(completion_tokens), 0), NULL) AS completion_tokens,"
            " (SELECT count(*) FROM calls WHERE status = 'failed') AS failed_model_calls,"
            " (SELECT count(*) FROM executions WHERE search = ?1 AND status = 'answered') AS executions FROM answered",
            search,
        )
        return dict(calls)

    async def calls_by_candidate(self, search: str) -> dict[str, int]:
        """How many model calls with a reply each candidate took."""
        rows = await self.reader.rows(
            "SELECT candidate, count(*) AS calls FROM model_calls WHERE search = ? AND status = 'answered'"
            " GROUP BY candidate",
            search,
        )
        return {row["candidate"]: row["calls"] for row in rows}

    def record(self, event: AnyEvent) -> None:
        """Keep an event; a kill may take the last ones, as nothing was paid for them."""
        told = event.model_dump_json(exclude={"kind", "search", "result"}, exclude_defaults=True)
        self.writer.post(
            (
                "INSERT INTO events (search, at, kind, told) VALUES (?, ?, ?, ?)",
                (event.search, time.time(), event.kind, told),
            )
        )


def _update(table: str, columns: Mapping[str, object], where: str, key: tuple[str, ...]) -> Statement:
    assignments = ", ".join(f"{name} = ?" for name in columns)
    values = [stored(value) for value in columns.values()]
    return f"UPDATE {table} SET {assignments} WHERE {where}", (*values, *key)


def _escaped(prefix: str) -> str:
    return prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
