"""Read and write the table of searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

from orps_agent.budget.account import OUT_OF_BUDGET
from orps_agent.domain.search import Search
from orps_agent.store.effects import Settled
from orps_agent.store.lookup import nothing_latest, only
from orps_agent.store.records import QueueEntry, SearchChanges

from .effect_statements import settling
from .part import WAITING, SqlitePart
from .queue_table import submission
from .rows import COPIED, RESUMABLE, candidate_columns, search_columns, search_row
from .writer import Statement, update

_ALL = f"SELECT *, {WAITING} AS waiting FROM searches"


class SearchTable(SqlitePart):
    """Store searches as rows."""

    async def add_search(self, search: Search, *, entry: QueueEntry | None = None) -> None:
        """Store a new search and, with it, its entry in the service's queue."""
        await self.writer.write(_insertion(search), *_entered(entry))

    async def add_fork(
        self,
        search: Search,
        branch: Sequence[str],
        changed: Mapping[str, object],
        *,
        entry: QueueEntry | None = None,
    ) -> None:
        """Store a search that begins with open copies of a branch of another one, the last of them changed."""
        copy = (
            f"INSERT INTO candidates (search, {COPIED}) SELECT ?, {COPIED} FROM candidates WHERE search = ? AND id = ?"
        )
        open_ = "UPDATE candidates SET status = 'open' WHERE search = ?"
        await self.writer.write(
            _insertion(search),
            *((copy, (search.id, search.forked_from, each)) for each in branch),
            (open_, (search.id,)),
            update("candidates", candidate_columns(changed), "search = ? AND id = ?", (search.id, branch[-1])),
            *_entered(entry),
        )

    async def search(self, search: str) -> Search:
        """Return one search, by its id or an unambiguous beginning of it."""
        found = await self.reader.rows(f"{_ALL} WHERE id LIKE ? || '%' ESCAPE '\\' LIMIT 2", _escaped(search))
        return self.reader.read(only(found, search, self.reader.path), search_row)

    async def has_search(self, search: str) -> bool:
        """Return True when there is a search with exactly this id."""
        return bool(await self.reader.rows("SELECT 1 FROM searches WHERE id = ?", search))

    async def searches(self, limit: int = 100) -> list[Search]:
        """Return the latest searches, newest first."""
        found = await self.reader.rows(f"{_ALL} ORDER BY created_at DESC LIMIT ?", limit)
        return [self.reader.read(row, search_row) for row in found]

    async def latest(self, *, unfinished: bool, out_of_budget: bool = False) -> Search:
        """Return the newest search; with `unfinished`, the newest that has not ended and is not in the queue."""
        where = f"WHERE ({RESUMABLE} AND NOT {WAITING})" if unfinished else ""
        if unfinished and out_of_budget:
            where += f" OR (status = 'finished' AND reason LIKE '{OUT_OF_BUDGET}%')"
        found = await self.reader.rows(f"{_ALL} {where} ORDER BY created_at DESC LIMIT 1")
        if not found:
            raise nothing_latest(self.reader.path, unfinished=unfinished, out_of_budget=out_of_budget)
        return self.reader.read(found[0], search_row)

    async def begun_as(self, planned: Search) -> list[Search]:
        """Return the searches that equal a planned one in their task and can be resumed now, newest first."""
        found = await self.reader.rows(
            f"{_ALL} WHERE {RESUMABLE} AND prompts = ? AND forked_from IS NULL"
            " AND id NOT IN (SELECT search FROM submissions) ORDER BY created_at DESC",
            planned.prompts,
        )
        rows = [self.reader.read(row, search_row) for row in found]
        return [row for row in rows if row.status != "running" and row.asks_the_same_as(planned)]

    async def ended_before(self, time_: float) -> list[Search]:
        """Return the searches that were finished or cancelled, and begun before a Unix time, oldest first."""
        found = await self.reader.rows(
            f"{_ALL} WHERE status IN ('finished', 'cancelled')"
            " AND ifnull(finished_at, created_at) < ? ORDER BY created_at",
            time_,
        )
        return [self.reader.read(row, search_row) for row in found]

    async def update_search(
        self, search: str, *, settled: Settled | None = None, **changed: Unpack[SearchChanges]
    ) -> None:
        """Set attributes of a search and settle effects whose outcomes they repeat, in one transaction."""
        await self.writer.write(update("searches", search_columns(changed), "id = ?", (search,)), *settling(settled))

    async def reopen(self, search: Search) -> None:
        """Continue a search under the given config.

        Halted candidates are running again. The winner of a search that had ended is judged again: it may change.
        """
        wake = "UPDATE candidates SET status = 'running', error = NULL WHERE search = ? AND status = 'halted'"
        unjudge = "DELETE FROM executions WHERE search = ? AND stage IN ('judge', 'contest')"
        changed: SearchChanges = {"status": "running", "reason": None, "finished_at": None, "config": search.config}
        also: list[Statement] = [(wake, (search.id,))]
        if search.has_ended:
            also.append((unjudge, (search.id,)))
            changed["winner"] = None
        await self.writer.write(update("searches", search_columns(changed), "id = ?", (search.id,)), *also)


def _insertion(search: Search) -> Statement:
    names = "id", "created_at", "status", "programmer", "critic", "tester", "tests_by", "prompts"
    columns = search_columns(
        {name: getattr(search, name) for name in (*names, "problem", "config", "forked_from", "forked_at", "start")}
    )
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO searches ({', '.join(columns)}) VALUES ({marks})", tuple(columns.values())


def _entered(entry: QueueEntry | None) -> list[Statement]:
    return [submission(entry)] if entry else []


def _escaped(prefix: str) -> str:
    return prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
