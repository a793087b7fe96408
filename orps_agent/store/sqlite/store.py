"""Combine the tables of one SQLite file into a store."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import aiosqlite
import anyio

from orps_agent.errors import StoreError
from orps_agent.store.records import Garbage

from .bench_table import BenchRecordTable
from .candidate_table import CandidateTable
from .connection import BUSY_SECONDS, FAULTS, Durability, bring_up_to_date, connect, connect_for_writing, explain
from .effect_tables import EffectTables
from .event_table import EventTable
from .garbage import collect, find_garbage
from .owner_columns import OwnerColumns
from .queue_table import QueueTable
from .reader import Reader
from .search_table import SearchTable
from .token_table import TokenTable
from .writer import Writer


class SqliteStore(
    SearchTable, OwnerColumns, CandidateTable, EffectTables, EventTable, QueueTable, TokenTable, BenchRecordTable
):
    """Open one SQLite file for as long as the context lasts; each concern of `store.base` is a part of its own.

    A write whose method has returned survives a killed process. `durability` decides about power cuts: with "process"
    the last moments may be lost, with "power" nothing is; the file is consistent either way (WAL with `synchronous`
    NORMAL or FULL). `in_loop` False leaves every commit to a thread.

        async with SqliteStore(path) as store:
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
        super().__init__()
        self.path = path
        self._durability = durability
        # Commits that wait for the disk would block the event loop.
        self._in_loop = in_loop and durability == "process"
        self._busy_seconds = busy_seconds
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

    async def garbage(self, *, older_than: float | None = None) -> Garbage:
        """Return what could be removed; with `older_than`, a Unix time, also searches that ended before it."""
        return await find_garbage(self, older_than=older_than)

    async def collect(self, garbage: Garbage) -> int:
        """Remove the garbage and shrink the files; return the number of bytes by which they shrank."""
        return await collect(self, garbage)
