"""Test searches that end by their budget: they report what they have, and a larger budget continues them."""

import sqlite3
from pathlib import Path

import anyio
import pytest
from pydantic import ValidationError

from orps_agent import Agent, Candidate, SearchConfig, SearchResult
from orps_agent.budget.account import Budget
from orps_agent.budget.prices import Price
from orps_agent.domain.candidate import Status
from orps_agent.domain.events import RoundStarted, SearchFinished
from orps_agent.errors import SettingsError
from orps_agent.search.replay import replay
from orps_agent.settings import changed
from tests.support.samples import DOUBLE, FIRST_HALF_THEN_RIGHT, HALF, RIGHT, SMALL, WRONG, script, settings

WIDE = SearchConfig(samples=4, rounds=3, beam=1)
DEAR = {"scripted:*": Price(prompt=1000, completion=1000)}


def within(config: SearchConfig = WIDE, **limits: float) -> SearchConfig:
    return changed(config, {f"budget.{name}": limit for name, limit in limits.items()})


async def run(agent: Agent, config: SearchConfig) -> tuple[SearchResult, list[Candidate]]:
    result = await agent.solve(DOUBLE, config)
    return result, list(await agent.store.tree(result.search))


async def found(agent: Agent, result: SearchResult) -> list[dict[str, object]]:
    """Return what a search found, without what depends on the clock: ω, and which of the last round it prunes."""
    told = {"id", "hint", "reasoning", "solution", "critique", "process", "error"}
    tree = await agent.store.tree(result.search)
    assert not any(each.status is Status.HALTED for each in tree)
    return [each.model_dump(include=told) for each in tree]


@pytest.mark.parametrize("calls", [1, 3, 4, 6, 8, 11, 20])
async def test_a_search_makes_as_many_calls_as_it_may_and_reports_what_it_has(tmp_path: Path, calls: int) -> None:
    async with Agent(settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))) as agent:
        result, tree = await run(agent, within(calls=calls))
    assert result.usage.model_calls == calls
    assert result.reason == f"budget: {'1 model call' if calls == 1 else f'{calls} model calls'}"
    assert result.winner is not None
    assert result.verification is not None
    assert all((each.code is None) == (each.report is None) for each in tree), "what was paid for was executed"
    assert not any(each.status is Status.FAILED for each in tree)


async def test_a_budget_that_is_just_enough_does_not_end_the_search(tmp_path: Path) -> None:
    async with Agent(settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))) as agent:
        result, _ = await run(agent, within(calls=24))
    assert (result.reason, result.usage.model_calls) == ("rounds", 24)


async def test_tokens_end_a_search_without_being_overdrawn(tmp_path: Path) -> None:
    config = within(WIDE.model_copy(update={"max_tokens": 60, "critic_tokens": 60}), tokens=2500)
    async with Agent(settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))) as agent:
        result, _ = await run(agent, config)
    used = (result.usage.prompt_tokens or 0) + (result.usage.completion_tokens or 0)
    assert result.reason.startswith("budget: ")
    assert "of 2,500 tokens" in result.reason
    assert 0 < used <= 2500
    assert result.winner is not None


async def test_money_ends_a_search_and_is_stored_call_by_call(tmp_path: Path) -> None:
    config = within(WIDE.model_copy(update={"max_tokens": 60, "critic_tokens": 60}), cost=2.5)
    async with Agent(settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT), prices=DEAR)) as agent:
        result, _ = await run(agent, config)
    assert "of $2.5" in result.reason
    assert result.usage.cost is not None
    assert 0 < result.usage.cost <= 2.5
    with sqlite3.connect(tmp_path / "orps.db") as connection:
        ((stored, unknown),) = connection.execute("SELECT sum(cost), sum(cost IS NULL) FROM model_calls")
    connection.close()
    assert (stored, unknown) == (pytest.approx(result.usage.cost), 0)


@pytest.mark.parametrize("limit", ["seconds", "working_seconds"])
async def test_time_ends_a_search_after_what_is_in_flight(tmp_path: Path, limit: str) -> None:
    slow = [each | {"delay": 2.5} for each in FIRST_HALF_THEN_RIGHT]
    async with Agent(settings(tmp_path, model=script(tmp_path, *slow))) as agent:
        result, tree = await run(agent, within(**{limit: 2}))
    assert result.reason.startswith("budget: 2 s")
    assert [each.status for each in tree] == [Status.HALTED] * 4
    assert all(each.report is not None for each in tree)
    assert result.winner is not None
    assert result.usage.model_calls == 4


@pytest.mark.parametrize("calls", [1, 5, 8, 11, 16])
@pytest.mark.parametrize("reasoning", ["joint", "split"])
async def test_with_a_larger_budget_it_ends_as_if_there_had_been_none(
    tmp_path: Path, calls: int, reasoning: str
) -> None:
    rules = (
        {"role": "programmer", "hint": "thoughts only", "reply": "Twice is a sum."},
        {"role": "programmer", "hint": "could not find", "reply": WRONG},
        {"role": "programmer", "contains": "return n + 2", "reply": RIGHT},
        {"role": "programmer", "contains": "# Execution", "reply": HALF},
        {"role": "programmer", "replies": [HALF, WRONG, "No code."]},
    )
    config = SearchConfig.model_validate({"samples": 3, "rounds": 2, "beam": 3, "reasoning": reasoning})
    async with Agent(settings(tmp_path, model=script(tmp_path, *rules))) as agent:
        ended = await agent.solve(DOUBLE, within(config, calls=calls))
        assert ended.reason.startswith("budget: ")
        assert (await agent.resume(ended.search)).usage.model_calls == calls, "the same budget has nothing left"
        resumed = await agent.resume(ended.search, budget=Budget(calls=1000))
        straight = await agent.solve(DOUBLE, config)
        assert await found(agent, resumed) == await found(agent, straight)
        assert resumed.usage.model_calls == straight.usage.model_calls
        assert (resumed.reason, resumed.usage.possibly_paid_twice) == ("rounds", 0)
        assert resumed.usage.reused_model_calls == calls
        row = await agent.store.search(ended.search)
        assert (row.status, row.config.budget.calls) == ("finished", 1000)


async def test_every_step_of_a_growing_budget_reports_a_winner(tmp_path: Path) -> None:
    async with Agent(settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))) as agent:
        result = await agent.solve(DOUBLE, within(calls=2))
        for calls in range(3, 25, 3):
            result = await agent.resume(result.search, budget=Budget(calls=calls))
            assert result.usage.model_calls == calls
            assert result.winner is not None
            assert result.verification is not None
        result = await agent.resume(result.search, budget=Budget())
    assert (result.reason, result.usage.model_calls) == ("rounds", 24)


async def test_a_batch_ends_all_its_searches_and_each_says_so(tmp_path: Path) -> None:
    results: list[SearchResult] = []
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    async with Agent(settings(tmp_path, model=model), budget=Budget(calls=20)) as agent:

        async def solve(config: SearchConfig) -> None:
            results.append(await agent.solve(DOUBLE, config))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(solve, within(calls=5))
            tasks.start_soon(solve, WIDE)
            tasks.start_soon(solve, WIDE)
    assert sum(each.usage.model_calls for each in results) == 20
    assert sorted(each.reason for each in results) == [
        "budget: 20 model calls, by the whole batch",
        "budget: 20 model calls, by the whole batch",
        "budget: 5 model calls",
    ]
    assert all(each.winner is not None for each in results)


async def test_time_and_calls_of_earlier_runs_count(tmp_path: Path) -> None:
    slow = [each | {"delay": 0.2} for each in FIRST_HALF_THEN_RIGHT]
    async with Agent(settings(tmp_path, model=script(tmp_path, *slow))) as agent:
        async with agent.stream(DOUBLE, within(seconds=60, calls=9)) as events:
            async for event in events:
                if isinstance(event, RoundStarted) and event.round == 1:
                    break
        row = await agent.store.latest(unfinished=True)
        assert 0.2 <= await agent.store.seconds(row.id) < 60
        result = await agent.resume(row.id)
    assert result.reason == "budget: 9 model calls"


async def test_a_limit_on_money_needs_a_price(tmp_path: Path) -> None:
    given = settings(tmp_path, model="elsewhere", base_url="http://127.0.0.1:9/v1")
    async with Agent(given) as agent:
        with pytest.raises(SettingsError, match=r"budget\.cost: the price of model 'elsewhere' is not known: .*prices"):
            await agent.solve(DOUBLE, within(cost=1))
    async with Agent(given, budget=Budget(cost=1)) as agent:
        with pytest.raises(SettingsError, match="elsewhere"):
            await agent.solve(DOUBLE, SMALL)


async def test_a_file_of_prices_comes_before_the_built_in_ones_and_the_settings_before_it(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text('["scripted:*"]\nprompt = 1\ncompletion = 2\n[mine]\nprompt = 5\ncompletion = 5\n')
    own = {"mine": Price(prompt=9, completion=9)}
    prices = Agent(settings(tmp_path, prices_file=file, prices=own)).prices
    assert prices.cost("scripted:x", 1_000_000, 0) == 1
    assert prices.cost("mine", 1_000_000, 0) == 9
    assert prices.cost("embedded", 1_000_000, 0) == 0


@pytest.mark.parametrize(
    ("text", "complaint"), [("[m]\nprompt = -1", "m.prompt"), ("[m", "prices.toml"), (None, "No such file")]
)
def test_a_bad_file_of_prices_is_named(tmp_path: Path, text: str | None, complaint: str) -> None:
    file = tmp_path / "prices.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError, match=complaint):
        Agent(settings(tmp_path, prices_file=file))


async def test_a_search_that_its_budget_ended_is_replayed_bit_for_bit(tmp_path: Path) -> None:
    async with Agent(settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))) as agent:
        for calls in (3, 8, 11):
            result = await agent.solve(DOUBLE, within(calls=calls))
            again = await replay(agent.store, result.search)
            assert (again.differences, again.missing) == ((), ())


async def test_the_beam_ignores_scores_that_say_nothing(tmp_path: Path) -> None:
    misled = [
        {"role": "critic", "contains": "1 of 2 tests passed", "reply": "SCORE: 2"},
        {"role": "critic", "reply": "SCORE: 4"},
    ]
    model = script(tmp_path, {"role": "programmer", "replies": [HALF, WRONG]}, critic=misled)
    parents = {}
    async with Agent(settings(tmp_path, model=model)) as agent:
        for believed in (True, False):
            config = SearchConfig(samples=6, rounds=2, beam=1, order_without_rho=not believed)
            result, tree = await run(agent, config)
            (parent,) = {each.parent for each in tree if each.round == 1}
            parents[believed] = next(each for each in tree if each.id == parent)
            assert result.calibration.pairs == 12
            assert not result.calibration.informative
    assert (parents[True].process, parents[True].pass_rate) == (4, 0)
    assert (parents[False].process, parents[False].pass_rate) == (2, 0.5)


async def test_scores_that_predict_the_verdicts_are_used(tmp_path: Path) -> None:
    model = script(tmp_path, {"role": "programmer", "replies": [HALF, WRONG, RIGHT]})
    async with Agent(settings(tmp_path, model=model)) as agent:
        result, _ = await run(agent, SearchConfig(samples=12, rounds=1))
    assert result.calibration.informative
    assert result.calibration.confusion[5].all > 0


def test_a_bad_limit_is_named() -> None:
    with pytest.raises(SettingsError, match=r"budget\.calls: .*greater than 0 \(given: -1\)"):
        within(calls=-1)
    with pytest.raises(ValidationError):
        Budget.model_validate({"money": 3})


async def test_events_tell_what_calls_cost(tmp_path: Path) -> None:
    given = settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT), prices=DEAR)
    async with Agent(given) as agent, agent.stream(DOUBLE, SMALL) as events:
        told = [event async for event in events]
    costs = [event.cost for event in told if event.kind == "call_finished"]
    assert isinstance(told[-1], SearchFinished)
    assert sum(cost or 0 for cost in costs) == pytest.approx(told[-1].result.usage.cost)
