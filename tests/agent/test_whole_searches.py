"""Run whole searches through Agent: real executor, real SQLite, the scripted model."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from orps_agent import Agent, SearchConfig, SearchResult
from orps_agent.domain.candidate import Status, Tree
from orps_agent.domain.events import AnyEvent, CallFinished, CandidateFinished, SearchFinished
from orps_agent.errors import EndpointError, SearchInterrupted, StoreError
from orps_agent.graphs.model_calls import seed_of
from orps_agent.store import Effect, SqliteStore
from tests.support.samples import DOUBLE, FIRST_HALF_THEN_RIGHT, HALF, RIGHT, SMALL, script, settings


async def search(folder: Path, model: str, config: SearchConfig = SMALL, **more: object) -> tuple[SearchResult, Tree]:
    async with Agent(settings(folder, model=model, **more)) as agent:
        result = await agent.solve(DOUBLE, config)
        return result, await agent.store.tree(result.search)


async def collected(events: AsyncIterator[AnyEvent]) -> list[AnyEvent]:
    return [event async for event in events]


async def stopped_at_the_first_call(agent: Agent) -> None:
    async with agent.stream(DOUBLE, SMALL) as events:
        async for event in events:
            if event.kind == "call_started":
                assert agent.stop() == 1


async def test_the_search_finds_what_the_first_sample_did_not_have(tmp_path: Path) -> None:
    result, tree = await search(tmp_path, script(tmp_path, *FIRST_HALF_THEN_RIGHT))
    assert [each.id for each in tree if each.round == 0] == ["0", "1", "2"]
    kept = [each for each in tree if each.round == 0 and each.status is Status.OPEN]
    assert len(kept) == 1
    assert kept[0].process == 3
    assert {each.parent for each in tree if each.round == 1} == {kept[0].id}
    assert sorted(each.status for each in tree if each.round == 1) == [Status.OPEN, Status.PRUNED, Status.PRUNED]
    assert result.first is not None
    assert not result.first.solved
    assert result.solved
    assert result.winner is not None
    assert result.winner.round == 1
    assert result.winner.outcome is not None
    assert result.winner.outcome.value > 1
    assert result.verification is not None
    assert result.verification.all_passed
    assert (result.reason, result.candidates) == ("rounds", 6)
    assert result.usage.model_calls == 12
    assert result.why.startswith("passes 2 of 2 tests, as 2 others also did")


async def test_a_later_prompt_tells_the_branch_and_ends_with_the_hint(tmp_path: Path) -> None:
    await search(tmp_path, script(tmp_path, *FIRST_HALF_THEN_RIGHT))
    async with SqliteStore(tmp_path / "orps.db") as store:
        row = await store.latest(unfinished=False)
        tree = await store.tree(row.id)
        child = next(each for each in tree if each.round == 1)
        messages = await store.messages(Effect(row.id, child.id, "reason"))
    assert [role for role, _ in messages] == ["system", "user", "assistant", "user"]
    assert "Write double(n)" in messages[1][1]
    assert "return n + 2" in messages[2][1]
    assert "1 of 2 tests passed" in messages[3][1]
    assert "Half." in messages[3][1]
    assert messages[3][1].splitlines()[-1].startswith("Strategy for this attempt: ")


async def test_the_winner_is_raced_against_the_first_sample_where_both_pass_a_test(tmp_path: Path) -> None:
    slow = "```python\ndef double(n):\n    sum(range(300_000))\n    return n + 2\n```"
    model = script(
        tmp_path,
        {"role": "programmer", "contains": "# Execution", "reply": RIGHT},
        {"role": "programmer", "reply": slow},
    )
    result, _ = await search(tmp_path, model)
    assert result.comparison is not None
    assert "faster" in result.comparison
    async with Agent(settings(tmp_path)) as agent:
        assert (await agent.resume(result.search)).comparison == result.comparison


async def test_closed_branches_end_the_search_early(tmp_path: Path) -> None:
    closing = {"role": "critic", "reply": "Done.\nSCORE: 5\n<|good|>"}
    model = script(tmp_path, {"role": "programmer", "reply": RIGHT}, critic=[closing])
    result, tree = await search(tmp_path, model, SMALL.model_copy(update={"rounds": 5}))
    assert result.reason == "closed"
    assert {each.status for each in tree} == {Status.CLOSED}
    assert result.candidates == 3


@pytest.mark.parametrize(("reasoning", "calls"), [("joint", 6), ("none", 6), ("split", 9)])
async def test_reasoning_in_one_turn_or_two(tmp_path: Path, reasoning: str, calls: int) -> None:
    model = script(
        tmp_path,
        {"role": "programmer", "hint": "thoughts only", "reply": "I shall add n to itself."},
        {"role": "programmer", "reply": "```python\ndef double(n):\n    return n + n\n```"},
    )
    config = SearchConfig.model_validate({"samples": 3, "rounds": 1, "reasoning": reasoning})
    result, tree = await search(tmp_path, model, config)
    assert result.usage.model_calls == calls
    assert {each.solved for each in tree} == {True}
    assert {each.reasoning for each in tree} == ({"I shall add n to itself."} if reasoning == "split" else {""})


async def test_a_reply_without_code_gets_one_repair_turn(tmp_path: Path) -> None:
    model = script(
        tmp_path,
        {"role": "programmer", "hint": "could not find", "reply": RIGHT},
        {"role": "programmer", "reply": "I would add n to itself."},
    )
    result, _ = await search(tmp_path, model, SearchConfig(samples=2, rounds=1))
    assert result.solved
    assert result.usage.model_calls == 6


async def test_without_code_a_candidate_stays_in_the_tree_with_nothing_earned(tmp_path: Path) -> None:
    model = script(tmp_path, {"role": "programmer", "reply": "I do not know."})
    result, tree = await search(tmp_path, model, SearchConfig(samples=2, rounds=1, beam=1))
    assert [(each.code, each.omega, each.process) for each in tree] == [("", 0.0, 1)] * 2
    assert [each.status for each in tree] == [Status.OPEN, Status.PRUNED]
    assert result.winner is None
    assert not result.solved


async def test_an_unreadable_score_leaves_the_node_with_a_null_process_reward(tmp_path: Path) -> None:
    model = script(tmp_path, {"role": "programmer", "reply": RIGHT}, critic=[{"role": "critic", "reply": "Hm."}])
    result, tree = await search(tmp_path, model, SearchConfig(samples=2, rounds=1))
    assert [(each.process, each.critique) for each in tree] == [(None, "Hm.")] * 2
    assert result.solved


async def test_one_failed_call_fails_one_candidate(tmp_path: Path) -> None:
    model = script(
        tmp_path,
        {"role": "programmer", "hint": "least work", "fail": "reply"},
        {"role": "programmer", "reply": RIGHT},
    )
    result, tree = await search(tmp_path, model, SearchConfig(samples=3, rounds=1))
    assert [each.status for each in tree] == [Status.OPEN, Status.FAILED, Status.OPEN]
    assert "on purpose" in (tree["1"].error or "")
    assert result.solved


async def test_a_failed_critique_keeps_what_was_paid_for(tmp_path: Path) -> None:
    failing = [{"role": "critic", "fail": "reply"}]
    model = script(tmp_path, {"role": "programmer", "reply": RIGHT}, critic=failing)
    result, tree = await search(tmp_path, model, SearchConfig(samples=2, rounds=1))
    assert result.solved
    assert {each.process for each in tree} == {None}


async def test_a_dead_endpoint_interrupts_and_a_resume_repeats_nothing(tmp_path: Path) -> None:
    dying = {"role": "programmer", "contains": "# Execution", "fail": "endpoint", "delay": 0.1}
    first_round = {"role": "programmer", "reply": HALF}
    async with Agent(settings(tmp_path, model=script(tmp_path, dying, first_round))) as agent:
        with pytest.raises(EndpointError, match="on purpose"):
            await agent.solve(DOUBLE, SMALL)
    script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    async with Agent(settings(tmp_path)) as agent:
        row = await agent.store.latest(unfinished=True)
        assert (row.status, row.reason and "on purpose" in row.reason) == ("interrupted", True)
        result = await agent.resume(row.id)
    assert result.solved
    assert result.usage.model_calls == 12
    assert result.usage.possibly_paid_twice == 0


async def test_a_search_left_early_can_be_resumed_and_reuses_what_it_has(tmp_path: Path) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    async with Agent(settings(tmp_path, model=model)) as agent:
        async with agent.stream(DOUBLE, SMALL) as events:
            async for event in events:
                if isinstance(event, CandidateFinished) and event.round == 1:
                    break
        row = await agent.store.latest(unfinished=True)
        assert (row.status, row.owner_pid) == ("interrupted", None)
        async with agent.stream(row.id) as events:
            told = await collected(events)
    result = told[-1]
    assert isinstance(result, SearchFinished)
    assert result.result.solved
    assert result.result.usage.model_calls == 12
    made = sum(isinstance(event, CallFinished) and not event.reused for event in told)
    assert result.result.usage.reused_model_calls + made == 12


async def test_stop_finishes_what_is_in_flight_and_begins_nothing_new(tmp_path: Path) -> None:
    slow = {"role": "programmer", "reply": RIGHT, "delay": 0.3}
    async with Agent(settings(tmp_path, model=script(tmp_path, slow))) as agent:
        with pytest.raises(SearchInterrupted):
            await stopped_at_the_first_call(agent)
        row = await agent.store.latest(unfinished=True)
        usage = await agent.store.usage(row.id)
        # All three calls were under way; their replies are stored, and no candidate went further.
        assert (usage["model_calls"], usage["executions"]) == (3, 0)
        result = await agent.resume(row.id)
    assert result.usage.reused_model_calls == 3
    assert result.usage.possibly_paid_twice == 0


async def test_a_search_that_was_stopped_after_its_last_step_still_says_why_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))
    async with Agent(configured) as agent:
        update = agent.store.update_search

        async def never_finished(search: str, *also: Any, **changed: Any) -> None:
            if changed.get("status") == "finished":
                raise StoreError("the disk is full")
            await update(search, *also, **changed)

        monkeypatch.setattr(agent.store, "update_search", never_finished)
        with pytest.raises(StoreError, match="the disk is full"):
            await agent.solve(DOUBLE, SMALL, search="abcd")
    async with Agent(configured) as agent:
        result = await agent.resume("abcd")
    assert (result.reason, result.solved) == ("rounds", True)
    assert result.usage.reused_model_calls == result.usage.model_calls


async def test_a_finished_search_is_told_again_without_doing_anything(tmp_path: Path) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    async with Agent(settings(tmp_path, model=model)) as agent:
        before = await agent.solve(DOUBLE, SMALL)
        again = await agent.resume(before.search)
    assert again.winner == before.winner
    assert again.usage.model_calls == before.usage.model_calls


async def test_candidates_wait_for_each_other_only_at_the_end_of_a_round(tmp_path: Path) -> None:
    model = script(
        tmp_path,
        {"role": "programmer", "hint": "least work", "reply": RIGHT, "delay": 4},
        {"role": "programmer", "reply": RIGHT},
    )
    config = SearchConfig(samples=3, rounds=1)
    async with Agent(settings(tmp_path, model=model)) as agent, agent.stream(DOUBLE, config) as events:
        told = await collected(events)
    slow_reply = next(n for n, event in enumerate(told) if isinstance(event, CallFinished) and event.candidate == "1")
    others_done = [n for n, e in enumerate(told) if isinstance(e, CandidateFinished) and e.candidate != "1"]
    assert max(others_done) < slow_reply


def test_the_seed_of_a_call_is_its_place_in_the_tree_and_not_the_search() -> None:
    here, there = Effect("aaaa", "0.1", "reason"), Effect("bbbb", "0.1", "reason")
    assert seed_of(7, here) == seed_of(7, there)
    different = {
        seed_of(7, here),
        seed_of(8, here),
        seed_of(7, Effect("aaaa", "0.2", "reason")),
        seed_of(7, Effect("aaaa", "0.1", "critique")),
        seed_of(7, Effect("aaaa", "0.1", "reason", 1)),
    }
    assert len(different) == 5


async def test_a_reply_that_was_cut_off_is_continued_once_if_wanted(tmp_path: Path) -> None:
    rest = {"role": "programmer", "hint": "cut off", "reply": "```python\n    return n + n\n```"}
    begun = {"role": "programmer", "reply": "Twice.\n```python\ndef double(n):\n", "finish": "length"}
    model = script(tmp_path, rest, begun)
    once = SMALL.model_copy(update={"rounds": 1, "continue_truncated": True})
    result, tree = await search(tmp_path, model, once)
    assert result.solved
    assert {each.code for each in tree} == {"def double(n):\n    return n + n\n"}
    assert result.usage.model_calls == 3 * 3
