"""Check what a search is charged: cached tokens at their own price, each model at its own."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rich.console import Console

from orps_agent import Agent, SearchConfig, Settings
from orps_agent.budget.prices import Price
from orps_agent.cli.result_text import print_report
from orps_agent.domain.events import CallFinished, SearchFinished
from orps_agent.llm.scripted import Rule, ScriptedModel
from orps_agent.search.ledger import spent
from orps_agent.settings.endpoints import EndpointSettings, RoleSettings
from tests.support.samples import DOUBLE, RIGHT, settings
from tests.support.servers import ModelServer

TWO = SearchConfig(samples=2, rounds=1)


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    rules = [Rule(role="programmer", reply=RIGHT), Rule(role="critic", reply="SCORE: 3")]
    async with ModelServer(ScriptedModel(rules, name="served")) as started:
        started.usage = {"prompt_tokens": 50, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 40}}
        yield started


def priced(folder: Path, server: ModelServer, **prices: Price) -> Settings:
    """Name the model `mine`, which its endpoint calls `served`."""
    return settings(
        folder,
        model="mine",
        roles={"programmer": RoleSettings(endpoints=("a",))},
        endpoints={"a": EndpointSettings(base_url=server.url, model="served")},
        prices=prices,
    )


async def test_what_was_cached_is_priced_stored_and_told(tmp_path: Path, server: ModelServer) -> None:
    given = priced(tmp_path, server, mine=Price(prompt=1000, completion=1000, cached=100))
    async with Agent(given) as agent:
        async with agent.stream(DOUBLE, TWO) as events:
            told = [event async for event in events]
        search = told[0].search
        document = await agent.archive.document(search)
        charged = await spent(agent.store, search, agent.prices)
    assert isinstance(told[-1], SearchFinished)
    usage = told[-1].result.usage
    assert (usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens) == (200, 160, 40)
    assert usage.cost == pytest.approx(4 * (10 * 1000 + 40 * 100 + 10 * 1000) / 1e6)
    assert charged.cost == pytest.approx(usage.cost)
    assert [event.cached_tokens for event in told if isinstance(event, CallFinished)] == [40] * 4
    assert [each.cached_tokens for each in document.calls] == [40] * 4
    shown = Console(file=io.StringIO(), width=400)
    print_report(shown, told[-1].result)
    assert isinstance(shown.file, io.StringIO)
    assert "240 tokens (160 of them cached)" in shown.file.getvalue()


async def test_an_endpoint_that_does_not_tell_what_was_cached_says_nothing(tmp_path: Path, server: ModelServer) -> None:
    server.usage = {}
    async with Agent(priced(tmp_path, server)) as agent:
        usage = (await agent.solve(DOUBLE, TWO)).usage
    assert usage.prompt_tokens
    assert (usage.cached_tokens, usage.cost) == (None, None)


async def test_a_model_costs_what_it_costs_under_its_name_at_the_endpoint(tmp_path: Path, server: ModelServer) -> None:
    free, dear = Price(prompt=0, completion=0), Price(prompt=0, completion=1000)
    async with Agent(priced(tmp_path, server, mine=free, served=dear)) as agent:
        usage = (await agent.solve(DOUBLE, TWO)).usage
    assert usage.cost == pytest.approx(0.04)
