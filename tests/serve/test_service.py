"""Use the service over HTTP, in a process of its own: what it accepts is done, whatever happens to it."""

from __future__ import annotations

import random
import signal
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

import anyio
import pytest

from orps_agent import Archive
from orps_agent.budget.account import Budget
from orps_agent.client import Client
from orps_agent.errors import (
    ClientBudgetReached,
    KeyReused,
    ProblemError,
    SearchEnded,
    ServiceError,
    SettingsError,
    StoreError,
    UnknownCandidate,
    UnknownSearch,
)
from orps_agent.settings import SearchConfig
from tests.support.samples import CRITIC, DOUBLE, FIRST_HALF_THEN_RIGHT, HALF, SMALL, script, settings
from tests.support.serve.service_process import serving
from tests.support.serve.watchers import Watcher, follow_all

SLOW = ({"role": "programmer", "reply": HALF, "delay": 0.3},)
Seen = TypeVar("Seen")
ONE = SearchConfig(samples=1, rounds=1, beam=1)


def event_ids(folder: Path, search: str) -> list[int]:
    with closing(sqlite3.connect(folder / "orps.db")) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM events WHERE search = ? ORDER BY id", (search,))]


@contextmanager
def changed_file(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / "orps.db")) as connection, connection:
        yield connection


async def finished(client: Client, searches: Sequence[str]) -> None:
    for each in searches:
        await until(client, each, "finished")


async def until(client: Client, search: str, state: str) -> None:
    await true(lambda: client.get(search), lambda view: view.state == state)


async def true(look: Callable[[], Awaitable[Seen]], fits: Callable[[Seen], bool]) -> None:
    with anyio.fail_after(60):
        while not fits(await look()):  # noqa: ASYNC110 - it is another process that does it
            await anyio.sleep(0.05)


async def test_a_search_is_submitted_watched_and_forked(tmp_path: Path) -> None:
    with serving(tmp_path, script(tmp_path, *FIRST_HALF_THEN_RIGHT)) as service:
        async with Client(service.url) as client:
            view = await client.submit(DOUBLE, SMALL, client="ann")
            assert (view.problem, view.client) == ("double", "ann")
            told = [event async for event in client.watch(view.id)]
            assert [each.id for each in told] == event_ids(tmp_path, view.id)
            assert (told[0].kind, told[-1].kind) == ("search_started", "search_finished")
            assert (await client.get(view.id)).state == "finished"
            result = await client.result(view.id)
            assert result.solved
            document = await client.document(view.id)
            assert (document.search.winner, len(document.candidates)) == (result.winner and result.winner.id, 6)
            later = [event async for event in client.watch(view.id, after=told[3].id)]
            assert later == told[4:]
            fork = await client.fork(view.id, "0", critique="Think of sums.", config=SearchConfig(rounds=3))
            await finished(client, [fork.id])
            assert (fork.forked_from, fork.forked_at) == (view.id, "0")
            first = next(each for each in (await client.document(fork.id)).candidates if each.id == "0")
            assert first.critique == "Think of sums."
            with pytest.raises(SearchEnded):
                await client.resume(view.id)
            with pytest.raises(SearchEnded):
                await client.cancel(view.id)


async def test_what_was_accepted_survives_kills_and_no_event_is_lost(tmp_path: Path) -> None:
    model = script(tmp_path, *SLOW)
    seen: list[int] = []
    with serving(tmp_path, model, "--concurrency", "2") as service:
        async with Client(service.url) as client:
            views = [await client.submit(DOUBLE, SMALL) for _ in range(4)]
            with anyio.fail_after(60):
                async for event in client.watch(views[0].id):
                    seen.append(event.id)
                    if event.kind == "round_started":
                        break
        service.kill()
    with serving(tmp_path, model, "--concurrency", "4", port=service.port) as again:
        async with Client(again.url) as client:
            seen += [event.id async for event in client.watch(views[0].id, after=seen[-1])]
            await finished(client, [each.id for each in views])
    assert seen == event_ids(tmp_path, views[0].id)


async def test_a_watcher_outlives_the_service(tmp_path: Path) -> None:
    model = script(tmp_path, *SLOW)
    seen: list[int] = []
    with serving(tmp_path, model) as service:
        async with Client(service.url) as client, anyio.create_task_group() as tasks:
            view = await client.submit(DOUBLE, SMALL)
            began, ended = anyio.Event(), anyio.Event()

            async def watch() -> None:
                async for event in client.watch(view.id):
                    seen.append(event.id)
                    began.set()
                ended.set()

            tasks.start_soon(watch)
            await began.wait()
            service.kill()
            with serving(tmp_path, model, port=service.port), anyio.fail_after(60):
                await ended.wait()
    assert seen == event_ids(tmp_path, view.id)


async def test_a_crowd_of_watchers_sees_every_event_once_whoever_hangs_up(tmp_path: Path) -> None:
    with serving(tmp_path, script(tmp_path, *SLOW), "--concurrency", "3") as service:
        async with Client(service.url) as client:
            views = [await client.submit(DOUBLE, SMALL) for _ in range(5)]
            crowd = [
                Watcher(views[place % 5].id, random.Random(place) if place % 2 else None, 0.3) for place in range(20)
            ]
            with anyio.fail_after(60):
                await follow_all(crowd, int(service.port))
    for each in crowd:
        assert each.seen == event_ids(tmp_path, each.search)
    assert sum(each.connections for each in crowd) > len(crowd)


async def test_a_stopped_service_finishes_what_is_in_flight_and_goes_on_later(tmp_path: Path) -> None:
    model = script(tmp_path, *SLOW)
    with serving(tmp_path, model) as service:
        async with Client(service.url) as client:
            view = await client.submit(DOUBLE, SMALL)
            async for event in client.watch(view.id):
                if event.kind == "round_started":
                    break
            await anyio.sleep(0.1)
            service.process.send_signal(signal.SIGTERM)
            assert await anyio.to_thread.run_sync(service.process.wait, 30) == 128 + signal.SIGTERM
    with closing(sqlite3.connect(tmp_path / "orps.db")) as connection:
        assert connection.execute("SELECT count(*) FROM model_calls WHERE status = 'asked'").fetchone() == (0,)
        assert connection.execute("SELECT status FROM searches").fetchone() == ("queued",)
    with serving(tmp_path, model) as again:
        async with Client(again.url) as client:
            await finished(client, [view.id])
            assert (await client.result(view.id)).usage.possibly_paid_twice == 0


async def test_a_key_comes_back_to_the_same_search(tmp_path: Path) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    with serving(tmp_path, model) as service:
        async with Client(service.url) as client:
            first = await client.submit(DOUBLE, SMALL, key="k", client="ann")
            assert (await client.submit(DOUBLE, SMALL, key="k", client="ann")).id == first.id
            assert (await client.submit(DOUBLE, SMALL, key="k", client="bob")).id != first.id
            with pytest.raises(KeyReused):
                await client.submit(DOUBLE, ONE, key="k", client="ann")
            assert len(await client.list()) == 2


async def test_a_fork_is_there_with_its_place_in_the_queue_or_not_at_all(tmp_path: Path) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    refuse = "CREATE TRIGGER refuse BEFORE INSERT ON submissions BEGIN SELECT RAISE(ABORT, 'on purpose'); END"
    changes = SearchConfig(rounds=3)
    with serving(tmp_path, model) as service:
        async with Client(service.url) as client:
            source = await client.submit(DOUBLE, SMALL, client="ann")
            await finished(client, [source.id])
            told = [each async for each in client.watch(source.id)]
            assert told[0].told["resumed"] is False
            with changed_file(tmp_path) as connection:
                connection.execute(refuse)
            with pytest.raises(StoreError, match="on purpose"):
                await client.fork(source.id, "0", config=changes, key="k")
            assert [each.id for each in await client.list()] == [source.id]
            with changed_file(tmp_path) as connection:
                connection.execute("DROP TRIGGER refuse")
            fork = await client.fork(source.id, "0", config=changes, key="k")
            service.kill()
    async with Archive(settings(tmp_path)) as archive:
        orphan = await archive.fork(source.id, "1", changes={"rounds": 3})
    with serving(tmp_path, model, port=service.port) as again:
        async with Client(again.url) as client:
            assert (await client.fork(source.id, "0", config=changes, key="k")).id == fork.id
            with pytest.raises(KeyReused):
                await client.fork(source.id, "1", config=changes, key="k")
            await finished(client, [fork.id])
            assert {each.id for each in await client.list()} == {source.id, fork.id, orphan.id}
            # What was never submitted is left to whoever made it, until somebody asks for it: twice is once.
            assert (await client.get(orphan.id)).state == "created"
            assert [each async for each in client.watch(orphan.id)] == []
            again_and_again = [await client.resume(orphan.id), await client.resume(orphan.id)]
            assert {each.state for each in again_and_again} <= {"queued", "running"}
            await finished(client, [orphan.id])


async def test_priorities_and_each_clients_share_decide_who_is_next(tmp_path: Path) -> None:
    model = script(tmp_path, *SLOW)
    with serving(tmp_path, model, "--concurrency", "2", ORPS_SERVE__CLIENT__CONCURRENCY="1") as service:
        async with Client(service.url) as client:
            first = await client.submit(DOUBLE, ONE, client="ann")
            low = await client.submit(DOUBLE, ONE, client="ann")
            high = await client.submit(DOUBLE, ONE, client="ann", priority=5)
            other = await client.submit(DOUBLE, ONE, client="bob")
            await finished(client, [first.id, low.id, high.id, other.id])
    with closing(sqlite3.connect(tmp_path / "orps.db")) as connection:
        told = connection.execute("SELECT search, min(at), max(at) FROM events GROUP BY search")
        spans = {search: times for search, *times in told}
    assert spans[first.id][1] <= spans[high.id][0]
    assert spans[high.id][1] <= spans[low.id][0]
    assert spans[other.id][0] < spans[high.id][0]


async def test_a_client_spends_no_more_than_it_may_over_all_its_searches(tmp_path: Path) -> None:
    model = script(tmp_path, {"role": "programmer", "reply": HALF})
    with serving(tmp_path, model, ORPS_SERVE__CLIENTS__ANN__CALLS="8") as service:
        async with Client(service.url) as client:
            first = await client.submit(DOUBLE, SMALL, client="ann", budget=Budget(calls=6))
            await finished(client, [first.id])
            second = await client.submit(DOUBLE, SMALL, client="ann")
            await finished(client, [second.id])
            assert (await client.result(second.id)).usage.model_calls == 2
            with pytest.raises(ClientBudgetReached):
                await client.submit(DOUBLE, SMALL, client="ann")
            other = await client.submit(DOUBLE, ONE, client="bob")
            await finished(client, [other.id])
            assert (await client.get(first.id)).reason == "budget: 6 model calls"


async def test_searches_are_cancelled_while_they_wait_and_while_they_run(tmp_path: Path) -> None:
    model = script(tmp_path, *SLOW)
    with serving(tmp_path, model, "--concurrency", "1") as service:
        async with Client(service.url) as client:
            running, waiting = await client.submit(DOUBLE, SMALL), await client.submit(DOUBLE, SMALL)
            await until(client, running.id, "running")
            assert [(await client.cancel(waiting.id)).state for _ in range(2)] == ["cancelled"] * 2
            async for event in client.watch(running.id):
                if event.kind == "round_started":
                    await client.cancel(running.id)
            assert (await client.get(running.id)).state == "cancelled"
            for each in (running, waiting):
                assert (await client.resume(each.id)).state in ("queued", "running")
            await finished(client, [running.id, waiting.id])


async def test_a_search_that_its_budget_ended_goes_on_with_a_larger_one(tmp_path: Path) -> None:
    with serving(tmp_path, script(tmp_path, *FIRST_HALF_THEN_RIGHT)) as service:
        async with Client(service.url) as client:
            view = await client.submit(DOUBLE, SMALL, budget=Budget(calls=4))
            await finished(client, [view.id])
            with pytest.raises(SearchEnded):
                await client.resume(view.id)
            await client.resume(view.id, budget=Budget(calls=50))
            await finished(client, [view.id])
            assert (await client.result(view.id)).reason == "rounds"


async def test_what_gives_way_is_tried_again_and_then_told(tmp_path: Path) -> None:
    model = script(tmp_path, {"role": "programmer", "fail": "endpoint"}, critic=CRITIC)
    given = {"ORPS_SERVE__TRIES": "2", "ORPS_SERVE__RETRY_SECONDS": "0.1"}
    with serving(tmp_path, model, **given) as service:
        async with Client(service.url) as client:
            view = await client.submit(DOUBLE, ONE)
            await until(client, view.id, "interrupted")
            assert "on purpose" in ((await client.get(view.id)).reason or "")
            starts = [each.kind async for each in client.watch(view.id)].count("search_started")
            assert starts == 2


async def test_what_is_wrong_with_a_request_is_raised_as_it_would_be_here(tmp_path: Path) -> None:
    with serving(tmp_path, script(tmp_path, *FIRST_HALF_THEN_RIGHT)) as service:
        async with Client(service.url) as client:
            with pytest.raises(UnknownSearch):
                await client.get("nosuch")
            with pytest.raises(ProblemError):
                await client.submit(DOUBLE.model_copy(update={"entry_points": ("not a name",)}))
            view = await client.submit(DOUBLE, ONE)
            await finished(client, [view.id])
            with pytest.raises(UnknownCandidate):
                await client.fork(view.id, "7.7")
            with pytest.raises(SettingsError, match="rounds=2"):
                await client.fork(view.id, "0")
            assert await client.list(limit=1) == (await client.get(view.id),)
    async with Client(service.url, patience_seconds=0) as client:
        with pytest.raises(ServiceError, match="running"):
            await client.submit(DOUBLE)
        with pytest.raises(ServiceError, match="running"):
            await anext(client.watch("abcd"))
