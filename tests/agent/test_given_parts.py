"""Test an agent whose caller provides models, an executor or a store, and opens and closes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from orps_agent.agent import Agent
from orps_agent.archive import Archive
from orps_agent.domain.problem import Limits
from orps_agent.errors import EndpointError, NeverRecorded
from orps_agent.llm import ModelRequest, Models
from orps_agent.search.replay_parts import UnaskedModel, UnusedExecutor
from orps_agent.settings import SearchConfig
from orps_agent.store import store_of
from tests.support.parts import AllPass, Counted
from tests.support.samples import DOUBLE, FIRST_HALF_THEN_RIGHT, SMALL, script, settings


def models(*names: str) -> Models:
    return Models(*map(Counted, names))


async def test_given_models_and_a_given_executor_are_used_and_left_to_their_owner(tmp_path: Path) -> None:
    given, executor = models("writer", "judge", "prober"), AllPass()
    async with Agent(settings(tmp_path, model="not-asked"), models=given, executor=executor) as agent:
        found = await agent.solve(DOUBLE, SMALL)
        row = await agent.archive.search(found.search)
    assert (row.programmer, row.critic, row.tester) == ("writer", "judge", "prober")
    assert found.solved
    assert (given.programmer.asked, given.critic.asked) == (6, 6)  # type: ignore[attr-defined]
    assert executor.runs >= 6
    assert {each.opened for each in (given.programmer, given.critic, given.tester, executor)} == {0}  # type: ignore[attr-defined]


async def test_a_resumed_search_gets_the_given_models_whatever_it_had(tmp_path: Path) -> None:
    dying = {"role": "critic", "fail": "endpoint"}
    async with Agent(settings(tmp_path, model=script(tmp_path, dying, *FIRST_HALF_THEN_RIGHT))) as agent:
        row = agent.plan(DOUBLE, SMALL).search
        await agent.store.add_search(row)
        with pytest.raises(EndpointError, match="on purpose"):
            await agent.resume(row.id)
    given = models("one", "one", "one")
    async with Agent(settings(tmp_path), models=given) as agent:
        assert (await agent.resume(row.id)).solved
    assert given.critic.asked == 6  # type: ignore[attr-defined]
    assert given.programmer.asked == 3  # type: ignore[attr-defined]  # those of the second round


def test_what_a_search_with_given_models_defaults_to_is_not_the_embedded_models(tmp_path: Path) -> None:
    given = models("m", "m", "m")
    agent = Agent(settings(tmp_path), models=given)
    row = agent.plan(DOUBLE).search
    assert (row.programmer, row.critic, row.tester, row.config) == ("m", "m", "m", SearchConfig())
    alone = Agent(settings(tmp_path), models=Models(given.critic, given.critic, given.critic))
    assert alone.plan(DOUBLE).search.tester is None
    assert agent.forecast(DOUBLE).unpriced == ("m",)


async def test_a_given_store_is_left_open_and_no_file_is_written_beside_it(tmp_path: Path) -> None:
    elsewhere = settings(tmp_path, db=tmp_path / "elsewhere" / "own.db")
    told = settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))
    async with store_of(elsewhere) as store:
        async with Agent(told, store=store) as agent:
            found = await agent.solve(DOUBLE, SMALL)
        async with Archive(told, store=store) as archive:
            assert (await archive.result(found.search)).solved
        assert [row.id for row in await store.searches()] == [found.search]
    assert not (tmp_path / "orps.db").exists()
    assert [each.name for each in (tmp_path / "elsewhere").iterdir()] == ["own.db"]


async def test_the_parts_of_a_replay_refuse_to_do_anything() -> None:
    request = ModelRequest(role="critic", messages=(), temperature=0, max_tokens=1, seed=0)
    async with UnaskedModel("gone") as model, UnusedExecutor() as executor:
        with pytest.raises(NeverRecorded, match="gone"):
            await model.complete(request)
        with pytest.raises(NeverRecorded, match="runs no candidate"):
            await executor.run("", DOUBLE.tests, entry_points=(), limits=Limits())
