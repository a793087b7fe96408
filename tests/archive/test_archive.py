"""Test what Archive does to stored searches: cancel, fork, replay, collect garbage."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from orps_agent import Agent, Archive, SearchConfig, SearchResult
from orps_agent.domain.candidate import Status
from orps_agent.domain.events import AnyEvent, CandidateFinished
from orps_agent.errors import SearchCancelled, SearchEnded, SettingsError, StoreError, UnknownCandidate, UsageError
from orps_agent.store import Effect
from tests.support.samples import (
    CRITIC,
    DOUBLE,
    FIRST_HALF_THEN_RIGHT,
    HALF,
    RIGHT,
    SMALL,
    WRONG,
    a_search,
    script,
    settings,
)

THREE_ROUNDS = SearchConfig(samples=3, rounds=3, beam=2, winner_order=("pass_rate",))


async def solved(folder: Path, config: SearchConfig = SMALL) -> SearchResult:
    async with Agent(settings(folder, model=script(folder, *FIRST_HALF_THEN_RIGHT))) as agent:
        return await agent.solve(DOUBLE, config)


async def until_a_candidate_is_finished(events: AsyncIterator[AnyEvent]) -> None:
    async for event in events:
        if isinstance(event, CandidateFinished):
            return


async def test_a_fork_shares_the_branch_and_goes_on_with_other_words(tmp_path: Path) -> None:
    before = await solved(tmp_path)
    async with Agent(settings(tmp_path)) as agent:
        row = await agent.archive.fork(
            before.search, "0", critique="Think of sums.", changes={"samples": 2, "rounds": 3}
        )
        result = await agent.resume(row.id)
        tree = await agent.store.tree(row.id)
        messages = await agent.store.messages(Effect(row.id, "0.1", "reason"))
        assert "Think of sums." in messages[-1][1]
    assert [each.id for each in tree if each.round < 2] == ["0", "0.0", "0.1"]
    assert result.solved
    # The branch was paid for by the search that it comes from.
    assert result.usage.model_calls == 2 * (len(tree) - 1)
    assert (row.forked_from, row.forked_at) == (before.search, "0")


async def test_other_code_is_run_and_judged_anew_before_it_is_expanded(tmp_path: Path) -> None:
    before = await solved(tmp_path)
    async with Agent(settings(tmp_path)) as agent:
        row = await agent.archive.fork(before.search, "0", code="def double(n):\n    return 2 * n\n")
        result = await agent.resume(row.id)
        tree = await agent.store.tree(row.id)
    assert tree["0"].solved
    assert tree["0"].critique == "Right."
    assert len(tree) == 1 + SMALL.samples
    assert result.first == tree["0"]


async def test_a_fork_that_cannot_be_is_refused_and_stores_nothing(tmp_path: Path) -> None:
    before = await solved(tmp_path)
    async with Archive(settings(tmp_path)) as archive:
        last = max((await archive.tree(before.search)), key=lambda each: each.round)
        with pytest.raises(SettingsError, match="--set rounds=3"):
            await archive.fork(before.search, last.id)
        with pytest.raises(SettingsError, match="samples"):
            await archive.fork(before.search, "0", changes={"samples": 0})
        with pytest.raises(UsageError, match="not both"):
            await archive.fork(before.search, "0", code="pass", critique="no")
        with pytest.raises(UnknownCandidate, match="9"):
            await archive.fork(before.search, "9")
        assert len(await archive.searches()) == 1


async def test_a_replay_rebuilds_the_tree_bit_for_bit(tmp_path: Path) -> None:
    before = await solved(tmp_path, THREE_ROUNDS)
    async with Archive(settings(tmp_path)) as archive:
        replay = await archive.replay(before.search)
        assert replay.differences == ()
        assert replay.missing == ()
        assert replay.candidates == tuple(await archive.tree(before.search))
    assert replay.winner == (before.winner and before.winner.id)
    assert replay.calls == before.usage.model_calls


@pytest.mark.parametrize("reasoning", ["split", "none"])
async def test_a_replay_rebuilds_repairs_failures_and_forks(tmp_path: Path, reasoning: str) -> None:
    model = script(
        tmp_path,
        {"role": "programmer", "hint": "least work", "fail": "reply"},
        {"role": "programmer", "hint": "could not find", "reply": RIGHT},
        {"role": "programmer", "hint": "thoughts only", "reply": "Sums."},
        {"role": "programmer", "replies": ["No idea.", HALF, WRONG]},
        critic=[{"role": "critic", "contains": "1 of 2", "reply": "No number."}, *CRITIC],
    )
    config = SearchConfig.model_validate(
        {"samples": 4, "rounds": 2, "beam": 1, "reasoning": reasoning, "winner_order": ["pass_rate"]}
    )
    async with Agent(settings(tmp_path, model=model)) as agent:
        before = await agent.solve(DOUBLE, config)
        row = await agent.archive.fork(before.search, "0", code="def double(n):\n    return 2 * n\n")
        await agent.resume(row.id)
        for search in (before.search, row.id):
            assert (await agent.archive.replay(search)).differences == ()
            assert (await agent.archive.replay(search)).missing == ()


async def test_a_replay_ends_where_a_reply_cannot_be_read(tmp_path: Path) -> None:
    before = await solved(tmp_path)
    async with Archive(settings(tmp_path)) as archive:
        await archive.store.writer.write(("UPDATE model_calls SET reply = '[' WHERE role = 'critic'", ()))
        with anyio.fail_after(30), pytest.raises(StoreError, match="critique is damaged"):
            await archive.replay(before.search)


async def test_a_replay_says_where_a_changed_record_differs(tmp_path: Path) -> None:
    before = await solved(tmp_path)
    with sqlite3.connect(tmp_path / "orps.db") as connection:
        connection.execute("UPDATE candidates SET process = 2 WHERE id = '1'")
        connection.execute("DELETE FROM model_calls WHERE candidate = '2' AND stage = 'reason'")
    connection.close()
    async with Archive(settings(tmp_path)) as archive:
        replay = await archive.replay(before.search)
    assert any(line.startswith("candidate 1 differs in process") for line in replay.differences)
    assert "2" in replay.missing


async def test_a_replay_with_other_numbers_tells_what_they_would_have_found(tmp_path: Path) -> None:
    before = await solved(tmp_path, THREE_ROUNDS)
    async with Archive(settings(tmp_path)) as archive:
        one_round = await archive.replay(before.search, changes={"rounds": 1})
        narrow = await archive.replay(before.search, changes={"beam": 1})
        wide = await archive.replay(before.search, changes={"beam": 3})
        hot = await archive.replay(before.search, changes={"temperature": 1.5})
    assert (len(one_round.candidates), one_round.calls, one_round.missing) == (3, 6, ())
    assert one_round.winner in {each.id for each in one_round.candidates}
    assert one_round.recorded_winner == (before.winner and before.winner.id) != one_round.winner
    assert len(narrow.candidates) == 9
    assert all(id_.count(".") == 2 for id_ in narrow.missing)
    assert narrow.calls < before.usage.model_calls
    assert wide.missing
    recorded = {each.id for each in wide.candidates} - set(wide.missing)
    assert all(wide_.error for wide_ in wide.candidates if wide_.id not in recorded)
    assert (hot.calls, len(hot.missing)) == (0, 3)


async def test_an_interrupted_search_can_be_replayed_as_far_as_it_came(tmp_path: Path) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    async with Agent(settings(tmp_path, model=model)) as agent:
        async with agent.stream(DOUBLE, SMALL) as events:
            await until_a_candidate_is_finished(events)
        row = await agent.archive.search(unfinished=True)
        replay = await agent.archive.replay(row.id)
        found = await agent.archive.result(row.id)
    assert replay.differences == ()
    assert replay.missing
    assert found.winner is not None
    assert found.reason == "interrupted"


async def test_a_search_that_nobody_runs_is_cancelled_at_once_and_can_be_resumed_after_all(tmp_path: Path) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    async with Agent(settings(tmp_path, model=model)) as agent:
        async with agent.stream(DOUBLE, SMALL) as events:
            await until_a_candidate_is_finished(events)
        row = await agent.archive.search()
        assert await agent.archive.cancel(row.id)
        assert (await agent.archive.search(row.id)).status == "cancelled"
        with pytest.raises(SearchEnded, match="cancelled already"):
            await agent.cancel(row.id)
        assert (await agent.resume(row.id)).solved
        with pytest.raises(SearchEnded, match="finished already"):
            await agent.cancel(row.id)


@pytest.mark.parametrize("elsewhere", [True, False])
async def test_a_running_search_winds_down_when_it_is_cancelled(tmp_path: Path, elsewhere: bool) -> None:
    slow = {"role": "programmer", "reply": RIGHT, "delay": 4 if elsewhere else 0.3}
    async with Agent(settings(tmp_path, model=script(tmp_path, slow))) as agent:

        async def cancel_it() -> None:
            row = await agent.archive.search()
            if elsewhere:  # as another process does: a word in the database
                async with Archive(settings(tmp_path)) as archive:
                    assert not await archive.cancel(row.id)
            else:
                assert not await agent.cancel(row.id)

        async def run() -> None:
            async with agent.stream(DOUBLE, SMALL) as events:
                async for event in events:
                    if event.kind == "call_started" and event.candidate == "0":
                        await cancel_it()

        with pytest.raises(SearchCancelled):
            await run()
        row = await agent.archive.search()
        assert (row.status, row.owner_pid) == ("cancelled", None)
        # What was in flight is stored, and nothing new was begun.
        usage = await agent.store.usage(row.id)
    assert usage["model_calls"] == 3
    assert usage["executions"] == 0


async def test_garbage_is_what_ended_long_enough_ago(tmp_path: Path) -> None:
    before = await solved(tmp_path)
    async with Archive(settings(tmp_path)) as archive:
        await archive.store.add_search(a_search("eeee"))
        nothing = await archive.garbage()
        assert (nothing.searches, nothing.checkpoints) == ((), 0)
        assert (await archive.garbage(older_than=1)).searches == ()
        garbage = await archive.garbage(older_than=10**10)
        assert garbage.searches == (before.search,)
        assert garbage.text_bytes > 1000
        size = (tmp_path / "orps.db").stat().st_size
        freed = await archive.collect(garbage)
        assert freed > 0
        assert (tmp_path / "orps.db").stat().st_size < size
        assert [row.id for row in await archive.searches()] == ["eeee"]
        for table in ("candidates", "model_calls", "executions", "prompt_texts", "events"):
            assert await archive.store.reader.rows(f"SELECT * FROM {table}") == []


async def test_checkpoints_that_an_earlier_version_left_are_garbage(tmp_path: Path) -> None:
    before = await solved(tmp_path)
    left = [tmp_path / f"orps.db-checkpoints{end}" for end in ("", "-wal", ".damaged")]
    for each in left:
        each.write_bytes(b"\xff" * 9000)
    async with Archive(settings(tmp_path)) as archive:
        garbage = await archive.garbage()
        assert garbage.checkpoints == 3
        assert await archive.collect(garbage) >= 27_000
        assert (await archive.garbage()).checkpoints == 0
        assert (await archive.result(before.search)).winner == before.winner
    assert not any(each.exists() for each in left)


async def test_events_are_kept_in_order_and_calls_are_rows_of_their_own(tmp_path: Path) -> None:
    before = await solved(tmp_path)
    async with Archive(settings(tmp_path)) as archive:
        rows = await archive.store.reader.rows("SELECT kind FROM events WHERE search = ? ORDER BY id", before.search)
        assert {each.status for each in await archive.tree(before.search)} == {Status.OPEN, Status.PRUNED}
    kinds = [row["kind"] for row in rows]
    assert kinds[:2] == ["search_started", "round_started"]
    assert kinds[-1] == "search_finished"
    assert kinds.count("candidate_finished") == 6
    assert "call_started" not in kinds
