"""Records as rows: what a database knows of the bench runs that were made into it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from orps_agent.store import Store

from .record import Record


async def keep(store: Store, record: Record) -> None:
    """Store a record, in place of an earlier one of its search."""
    await store.writer.write(
        (
            "INSERT OR REPLACE INTO bench_records (search, dataset, problem, method, regime, seed, record)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                record.search,
                record.dataset,
                record.problem,
                record.method,
                record.regime,
                record.seed,
                record.model_dump_json(exclude_defaults=True),
            ),
        )
    )


async def known(store: Store, searches: Sequence[str]) -> dict[str, Record]:
    """The records of these searches that are there, by the search's id."""
    rows = await store.reader.rows(
        "SELECT search, record FROM bench_records WHERE search IN (SELECT value FROM json_each(?))",
        json.dumps(list(searches)),
    )
    return {
        row["search"]: store.reader.read(row, lambda row: Record.model_validate_json(row["record"])) for row in rows
    }


async def all_records(store: Store) -> list[Record]:
    """Every record of a database."""
    rows = await store.reader.rows("SELECT search, record FROM bench_records ORDER BY dataset, problem, method, seed")
    return [store.reader.read(row, lambda row: Record.model_validate_json(row["record"])) for row in rows]
