"""Read and write the table of candidates."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from orps_agent.domain.candidate import Candidate, Outline, Status, Tree, path_key
from orps_agent.store.effects import Settled

from .effect_statements import settling
from .part import SqlitePart
from .rows import OUTLINED, candidate, candidate_columns, outline
from .writer import update


class CandidateTable(SqlitePart):
    """Store candidates as rows."""

    async def add_candidates(self, search: str, candidates: Iterable[Candidate]) -> None:
        """Store planned candidates; those that an interrupted run stored already stay as they are."""
        sql = "INSERT OR IGNORE INTO candidates (search, id, round, hint, status, shown) VALUES (?, ?, ?, ?, ?, ?)"
        rows = (
            (search, each.id, each.round, each.hint, each.status, json.dumps(each.shown) if each.shown else None)
            for each in candidates
        )
        await self.writer.write(*((sql, row) for row in rows))

    async def update_candidate(
        self, search: str, candidate: str, changed: Mapping[str, Any], *, settled: Settled | None = None
    ) -> None:
        """Set attributes of a candidate and settle effects whose outcomes they repeat, in one transaction."""
        columns = candidate_columns(changed)
        row = update("candidates", columns, "search = ? AND id = ?", (search, candidate))
        await self.writer.write(row, *settling(settled))

    async def set_status(self, search: str, candidates: Iterable[str], status: Status) -> None:
        """Give several candidates a status."""
        sql = "UPDATE candidates SET status = ? WHERE search = ? AND id = ?"
        await self.writer.write(*((sql, (status, search, each)) for each in candidates))

    async def candidate(self, search: str, candidate: str) -> Candidate:
        """Return one candidate as far as its stages have come."""
        return await self.reader.candidate(search, candidate)

    async def tree(self, search: str) -> Tree:
        """Return all candidates of a search."""
        rows = await self.reader.rows("SELECT * FROM candidates WHERE search = ?", search)
        return Tree(self.reader.read(row, candidate) for row in rows)

    async def outline(self, search: str) -> list[Outline]:
        """Return all candidates of a search without their texts, in path order: fast for trees of any size."""
        rows = await self.reader.rows(f"SELECT {OUTLINED} FROM candidates WHERE search = ?", search)
        found = self.reader.read_all(rows, lambda row: (path_key(row["id"]), outline(row)))
        return [each for _, each in sorted(found, key=itemgetter(0))]

    async def passed(self, search: str) -> dict[str, frozenset[str]]:
        """Return for every executed candidate the names of the visible tests that it passes."""
        rows = await self.reader.rows(
            "SELECT id, (SELECT json_group_array(json_extract(value, '$.name')) FROM json_each(report, '$.results')"
            " WHERE json_extract(value, '$.verdict') = 'pass') AS names"
            " FROM candidates WHERE search = ? AND report IS NOT NULL",
            search,
        )
        return {row["id"]: self.reader.read(row, lambda row: frozenset(json.loads(row["names"]))) for row in rows}
