"""Test Agent beyond its stream of events: synchronous use, the embedded model, several searches at once."""

from pathlib import Path

import anyio
import platformdirs
import pytest

import orps_agent
from orps_agent import Agent
from orps_agent.errors import ModelFileError
from orps_agent.llm import weights
from orps_agent.settings import APP, QUICK
from tests.support.samples import DOUBLE, FIRST_HALF_THEN_RIGHT, SMALL, script, settings


def test_solve_works_without_an_event_loop(tmp_path: Path) -> None:
    given = settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))
    assert orps_agent.solve(DOUBLE, SMALL, given).solved


async def test_solve_works_where_the_event_loop_is_taken_as_in_a_notebook(tmp_path: Path) -> None:
    given = settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))
    assert orps_agent.solve(DOUBLE, SMALL, given).solved


async def test_searches_run_side_by_side_and_stay_apart(tmp_path: Path) -> None:
    results: list[orps_agent.SearchResult] = []
    async with Agent(settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))) as agent:

        async def solve() -> None:
            results.append(await agent.solve(DOUBLE, SMALL))

        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(solve)
    assert len({each.search for each in results}) == 4
    assert [(each.solved, each.candidates, each.usage.model_calls) for each in results] == [(True, 6, 12)] * 4


async def test_the_embedded_model_searches(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
    cache = Path(platformdirs.user_cache_dir(APP))
    try:
        await weights.pull(cache)
    except ModelFileError as error:
        pytest.skip(f"the embedded model cannot be had here: {error}")
    config = QUICK.model_copy(update={"samples": 3, "rounds": 2, "max_tokens": 80, "stop_when_solved": False})
    async with Agent(settings(tmp_path, cache=cache)) as agent:
        result = await agent.solve(DOUBLE, config)
        tree = await agent.store.tree(result.search)
    assert len(tree) == result.candidates == 6
    assert sum(bool(each.code) for each in tree) >= 4
    assert any(each.process for each in tree)
    assert result.usage.completion_tokens
