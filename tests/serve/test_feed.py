"""Test watchers of one search over a real file: none misses an event, and all share one reader."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from orps_agent.domain.events import RoundStarted
from orps_agent.serve.feed import EncodedEvent, Feed
from orps_agent.store import SqliteStore
from tests.support.samples import a_search


class Telling:
    """Record the events that a test gives it, as a search does."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.over = False
        self.feed = Feed(store, self.ended)

    async def ended(self, _: str) -> bool:
        return self.over

    async def tell(self, count: int) -> None:
        for number in range(count):
            self.store.record(RoundStarted(search="abcd", round=number, candidates=1))
        await self.feed.notify_when_committed("abcd")

    async def end(self) -> None:
        self.over = True
        await self.feed.notify_when_committed("abcd")


@asynccontextmanager
async def telling(folder: Path) -> AsyncIterator[Telling]:
    async with SqliteStore(folder / "orps.db") as store:
        await store.add_search(a_search())
        yield Telling(store)


async def numbers(
    watch: AsyncIterator[list[EncodedEvent]], seen: list[int], then: Callable[[], None] | None = None
) -> None:
    async for events in watch:
        seen += [each.id for each in events]
        if then is not None:
            then()


async def test_a_slow_watcher_misses_nothing_of_what_is_no_longer_kept(tmp_path: Path) -> None:
    slow: list[int] = []
    fast: list[int] = []
    caught_up = anyio.Event()
    async with telling(tmp_path) as search:
        await search.tell(700)
        async with aclosing(search.feed.watch("abcd", 0)) as watch, anyio.create_task_group() as tasks:
            slow += [each.id for each in await anext(watch)]
            others = search.feed.watch("abcd", 650)
            tasks.start_soon(numbers, others, fast, lambda: fast[-1] == 2700 and caught_up.set())
            await search.tell(2000)
            with anyio.fail_after(30):
                await caught_up.wait()
            await search.end()
            await numbers(watch, slow)
        assert search.feed.watchers == 0
    assert slow == [*range(1, 2701)]
    assert fast == [*range(651, 2701)]


async def test_a_crowd_reads_as_often_as_one_watcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    async with telling(tmp_path) as search:
        rows = search.store.reader.rows

        async def counted(query: str, *values: object) -> list[sqlite3.Row]:
            reads.append(query)
            return await rows(query, *values)

        monkeypatch.setattr(search.store.reader, "rows", counted)

        async def reads_of(crowd: int, told: int) -> int:
            search.over = False
            seen: list[list[int]] = [[] for _ in range(crowd)]
            async with anyio.create_task_group() as tasks:
                for each in seen:
                    tasks.start_soon(numbers, search.feed.watch("abcd", told), each)
                for count in range(1, 11):
                    await search.tell(1)
                    with anyio.fail_after(30):
                        while min(map(len, seen)) < count:
                            await anyio.lowlevel.checkpoint()
                    if count == 1:  # whoever comes reads for himself what was told before
                        reads.clear()
                await search.end()
            assert {tuple(each) for each in seen} == {tuple(range(told + 1, told + 11))}
            return len(reads)

        alone = await reads_of(1, 0)
        assert await reads_of(50, 10) < 2 * alone  # and not fifty times
