"""Combine the parts of the store in memory."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from .contents import Contents
from .memory_candidates import MemoryCandidates
from .memory_histories import MemoryHistories
from .memory_searches import MemorySearches
from .memory_service import MemoryBenchRecords, MemoryQueue, MemoryTokens


class MemoryStore(MemorySearches, MemoryCandidates, MemoryHistories, MemoryQueue, MemoryTokens, MemoryBenchRecords):
    """Store searches in memory, for tests, benchmarks and embedding, for the lifetime of the object.

    It may be closed and opened again, as a file may, with the same contents. It belongs to one event loop.

        async with MemoryStore() as store, Archive(store=store) as archive:
            rows = await archive.searches()
    """

    def __init__(self) -> None:
        self._contents = Contents()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep everything."""
