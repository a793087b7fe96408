"""Run every strategy in whole searches: real executor, real SQLite, the scripted model."""

from pathlib import Path

import pytest

from orps_agent import Agent, SearchConfig, SearchResult
from orps_agent.budget.prices import PriceTable
from orps_agent.cli.tree import draw
from orps_agent.domain.candidate import Status
from orps_agent.domain.events import CallFinished, CandidateFinished, RoundStarted, SearchFinished, SearchStarted
from orps_agent.page import page
from orps_agent.prompts.messages import Prompts
from orps_agent.search.forecast import forecast
from orps_agent.settings import changed
from orps_agent.settings.presets import PRESETS
from orps_agent.store import Effect
from orps_agent.strategies import STRATEGIES
from tests.support.samples import DOUBLE, HALF, RIGHT, WRONG, script, settings

every_strategy = pytest.mark.parametrize("name", sorted(STRATEGIES.built_in))
RIGHT_ONCE_REVIEWED = (
    {"role": "programmer", "contains": "# Review", "reply": RIGHT},
    {"role": "programmer", "replies": [HALF, WRONG]},
)
CRITIC = [
    {"role": "critic", "contains": "return n + n", "reply": "Right.\nSCORE: 4"},
    {"role": "critic", "contains": "return n + 2", "reply": "Half.\nSCORE: 3"},
    {"role": "critic", "reply": "Wrong.\nSCORE: 1"},
]
"""Sees from the code alone what it is worth, as it may not be told more."""


def small(name: str, **numbers: object) -> SearchConfig:
    # The seed is one with which aide debugs before it drafts anew.
    return SearchConfig.model_validate(
        {"strategy": name, "samples": 2, "rounds": 2, "beam": 1, "seed": 4 * (name == "aide")} | numbers
    )


def model(folder: Path) -> str:
    return script(folder, *RIGHT_ONCE_REVIEWED, critic=CRITIC)


async def left_early(agent: Agent, config: SearchConfig) -> str:
    """Run a search that is left as soon as its last candidate but one was finished, if it has two."""
    ended, at_most = 0, 1
    async with agent.stream(DOUBLE, config) as events:
        async for event in events:
            if isinstance(event, SearchStarted):
                at_most = event.at_most
            ended += isinstance(event, CandidateFinished)
            if ended >= max(1, at_most - 2):
                break
    return (await agent.store.latest(unfinished=True)).id


@every_strategy
async def test_a_search_that_was_left_early_goes_on_and_is_replayed_bit_for_bit(tmp_path: Path, name: str) -> None:
    config = small(name)
    async with Agent(settings(tmp_path, model=model(tmp_path))) as agent:
        search = await left_early(agent, config)
        async with agent.stream(search) as events:
            told = [event async for event in events]
        last = told[-1]
        assert isinstance(last, SearchFinished)
        result, tree = last.result, await agent.store.tree(search)
        made = sum(isinstance(event, CallFinished) and not event.reused for event in told)
        assert made + result.usage.reused_model_calls == result.usage.model_calls == 2 * len(tree)
        assert result.solved is ("rounds" not in PRESETS[name])
        assert {each.status for each in tree} <= {Status.OPEN, Status.PRUNED}
        started = [event.round for event in told if isinstance(event, RoundStarted)]
        assert set(started) == {each.round for each in tree}
        replayed = await agent.archive.replay(search)
        assert (replayed.differences, replayed.missing) == ((), ())
        assert replayed.candidates == tuple(tree)
        assert (await agent.store.search(search)).config == config
        lines = list(draw(await agent.store.outline(search), result.winner and result.winner.id))
        assert len(lines) == len(tree)
        assert f'"strategy":"{name}"' in page(await agent.archive.document(search))


@every_strategy
async def test_a_budget_halts_it_a_larger_one_goes_on_and_the_forecast_knew(tmp_path: Path, name: str) -> None:
    config = small(name, process_reward=name == "sra-mcts")  # of the two calls the one that is there in any case
    calls = 1 + config.process_reward
    async with Agent(settings(tmp_path, model=model(tmp_path))) as agent:
        ended = await agent.solve(DOUBLE, changed(config, {"budget.calls": 1}))
        assert ended.usage.model_calls == 1
        resumed: SearchResult = await agent.resume(ended.search, budget=config.budget)
        assert resumed.reason in {"rounds", "closed"}
        assert resumed.usage.model_calls == calls * resumed.candidates
        replayed = await agent.archive.replay(ended.search)
        assert (replayed.differences, replayed.missing) == ((), ())
    found = forecast(DOUBLE, config, Prompts(config), PriceTable({}), programmer="m", critic="m")
    assert found.low.candidates <= resumed.candidates <= found.high.candidates
    assert found.likely.calls == calls * found.likely.candidates


@pytest.mark.parametrize("name", sorted(name for name in STRATEGIES.built_in if "rounds" not in PRESETS[name]))
async def test_any_search_can_go_on_with_it_from_any_candidate(tmp_path: Path, name: str) -> None:
    async with Agent(settings(tmp_path, model=model(tmp_path))) as agent:
        before = await agent.solve(DOUBLE, small("best-of-n"))
        changes = {"strategy": name, "samples": 2, "rounds": 3}
        for code in (None, "def double(n):\n    return n + 2\n"):
            row = await agent.archive.fork(before.search, "1", code=code, changes=changes)
            async with agent.stream(row.id) as events:
                told = [event async for event in events]
            assert isinstance(told[0], SearchStarted)
            assert isinstance(told[-1], SearchFinished)
            result = told[-1].result
            tree = await agent.store.tree(row.id)
            assert result.solved
            assert 1 < len(tree) <= told[0].at_most
            assert all(each.id == "1" or each.id.startswith("1.") for each in tree)
            replayed = await agent.archive.replay(row.id)
            assert (replayed.differences, replayed.missing) == ((), ())
        other = await agent.archive.replay(row.id, changes={"strategy": "mcts", "samples": 1, "rounds": 3})
        assert [each.id for each in other.candidates][:2] == ["1", "1.0"]


@every_strategy
async def test_a_recorded_search_tells_what_it_would_have_found(tmp_path: Path, name: str) -> None:
    async with Agent(settings(tmp_path, model=model(tmp_path))) as agent:
        before = await agent.solve(DOUBLE, small("orps", samples=3, execution_feedback=name != "sra-mcts"))
        replayed = await agent.archive.replay(before.search, changes={"strategy": name})
    assert replayed.exact is (name == "orps")
    assert "0" not in replayed.missing
    assert replayed.calls > 0


async def test_a_second_attempt_is_shown_where_the_first_one_led_to(tmp_path: Path) -> None:
    async with Agent(settings(tmp_path, model=model(tmp_path))) as agent:
        result = await agent.solve(DOUBLE, small("dars"))
        tree = await agent.store.tree(result.search)
        (second,) = [each for each in tree if each.shown]
        (shown,) = second.shown
        assert shown == "0.0"
        messages = await agent.store.messages(Effect(result.search, second.id, "reason"))
    told = messages[-1][1].partition("# Earlier attempts from here\n")[2]
    assert "def double(n):\n    return n + n" in told
    assert "2 of 2 tests passed" in told
    assert "Review: Right." in told
    assert told.rstrip().splitlines()[-1].startswith("Strategy for this attempt: ")
