"""Read and write the table of bench records."""

from __future__ import annotations

import json
from collections.abc import Collection

from pydantic import BaseModel

from orps_agent.store.records import BenchRun

from .part import SqlitePart
from .reader import Result


class BenchRecordTable(SqlitePart):
    """Store the results of bench runs as rows."""

    async def keep_bench_record(self, run: BenchRun, record: BaseModel) -> None:
        """Store a record, in place of an earlier one of its search."""
        await self.writer.write(
            (
                "INSERT OR REPLACE INTO bench_records (search, dataset, problem, method, regime, seed, record)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    run.search,
                    run.dataset,
                    run.problem,
                    run.method,
                    run.regime,
                    run.seed,
                    record.model_dump_json(exclude_defaults=True),
                ),
            )
        )

    async def bench_records(
        self, record_type: type[Result], searches: Collection[str] | None = None
    ) -> dict[str, Result]:
        """Return the records of these searches, or all, by the search's id; by dataset, problem, method and seed."""
        rows = await self.reader.rows(
            "SELECT search, record FROM bench_records WHERE ?1 IS NULL OR search IN (SELECT value FROM json_each(?1))"
            " ORDER BY dataset, problem, method, seed",
            None if searches is None else json.dumps(list(searches)),
        )
        return {
            row["search"]: self.reader.read(row, lambda row: record_type.model_validate_json(row["record"]))
            for row in rows
        }
