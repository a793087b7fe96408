"""Read and write bench records in a store, keyed by the search's id."""

from __future__ import annotations

from collections.abc import Sequence

from orps_agent.store import BenchRun, Store

from .record import Record


async def keep(store: Store, record: Record) -> None:
    """Store a record, in place of an earlier one of its search."""
    run = BenchRun(
        search=record.search,
        dataset=record.dataset,
        problem=record.problem,
        method=record.method,
        regime=record.regime,
        seed=record.seed,
    )
    await store.keep_bench_record(run, record)


async def known(store: Store, searches: Sequence[str]) -> dict[str, Record]:
    """Return the stored records of these searches, by the search's id."""
    return await store.bench_records(Record, searches)


async def all_records(store: Store) -> list[Record]:
    """Return every record of a store."""
    return list((await store.bench_records(Record)).values())
