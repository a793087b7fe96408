"""Resume a search: its state is rebuilt from its rows, and nothing of it is done or told a second time."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orps_agent import Agent, SearchConfig
from orps_agent.domain.events import AnyEvent, CallFinished, CandidateFinished, RoundClosed, RoundStarted
from orps_agent.errors import SearchInterrupted
from orps_agent.graphs.context import SearchContext
from orps_agent.graphs.search_graph import SearchState
from orps_agent.search import runner
from orps_agent.strategies import STRATEGIES
from tests.support.samples import DOUBLE, FIRST_HALF_THEN_RIGHT, script, settings

STEPS = {"samples": 2, "rounds": 3, "beam": 2}


async def stopped_after(agent: Agent, config: SearchConfig, finished: int) -> str:
    """Run a search and stop it when this many of its candidates are finished."""
    try:
        async with agent.stream(DOUBLE, config) as events:
            async for event in events:
                finished -= isinstance(event, CandidateFinished)
                if not finished:
                    agent.stop()
    except SearchInterrupted:
        pass
    return (await agent.archive.search()).id


async def resumed(agent: Agent, search: str) -> list[AnyEvent]:
    async with agent.stream(search) as events:
        return [event async for event in events]


def stored_events(folder: Path) -> Counter[tuple[str, str]]:
    """Count how often each round, or candidate, was told of over all runs."""
    with closing(sqlite3.connect(folder / "orps.db")) as connection:
        query = (
            "SELECT kind, ifnull(told ->> '$.candidate', told ->> '$.round') FROM events"
            " WHERE kind IN ('round_started', 'round_closed', 'candidate_finished')"
        )
        return Counter(connection.execute(query).fetchall())


@pytest.mark.parametrize("finished", [1, 3, 5])
async def test_every_round_and_candidate_is_told_once_over_both_runs(tmp_path: Path, finished: int) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    async with Agent(settings(tmp_path, model=model)) as agent:
        search = await stopped_after(agent, SearchConfig.model_validate(STEPS), finished)
        told = await resumed(agent, search)
        tree = await agent.store.tree(search)
    started = [event.round for event in told if isinstance(event, RoundStarted)]
    ended = [event.candidate for event in told if isinstance(event, CandidateFinished)]
    assert started == [0, 1, 2]
    assert sorted(ended) == sorted(each.id for each in tree)
    assert [event.reused for event in told if isinstance(event, CallFinished)].count(True) <= 1
    assert set(stored_events(tmp_path).values()) == {1}


async def test_a_round_that_is_stored_in_full_is_closed_by_the_next_run(tmp_path: Path) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    async with Agent(settings(tmp_path, model=model)) as agent:
        before = await agent.solve(DOUBLE, SearchConfig(samples=3, rounds=2, beam=1))
        tree = await agent.store.tree(before.search)
        # As a kill leaves it after the last stage of the first round.
        with closing(sqlite3.connect(tmp_path / "orps.db")) as connection, connection:
            connection.execute("DELETE FROM candidates WHERE round > 0")
            for table in ("model_calls", "executions"):
                connection.execute(f"DELETE FROM {table} WHERE candidate GLOB '*.*' OR stage IN ('judge', 'contest')")
            connection.execute("UPDATE candidates SET status = 'open' WHERE status = 'pruned'")
            connection.execute("UPDATE searches SET status = 'running', winner = NULL")
        told = await resumed(agent, before.search)
        again = await agent.store.tree(before.search)
    assert [event.round for event in told if isinstance(event, RoundClosed)] == [0, 1]
    assert [each.id for each in again] == [each.id for each in tree]
    # Of the second round, whose candidates are equally good, times decide.
    first = ["0", "1", "2"]
    assert [again[each].status for each in first] == [tree[each].status for each in first]


@pytest.mark.parametrize("name", sorted(STRATEGIES.built_in))
async def test_the_state_of_the_graph_follows_from_the_rows(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[SearchState] = []
    run_graph = runner.run_graph

    async def seen(context: SearchContext) -> SearchState:
        states.append(await run_graph(context))
        return states[-1]

    monkeypatch.setattr(runner, "run_graph", seen)
    config: dict[str, Any] = {"strategy": name, "samples": 2, "rounds": 2, "beam": 1}
    async with Agent(settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))) as agent:
        before = await agent.solve(DOUBLE, SearchConfig.model_validate(config))
        await agent.store.update_search(before.search, status="interrupted")
        again = await agent.resume(before.search)
    first, second = states
    assert second["strategy"] == first["strategy"]
    assert second["winner"] == first["winner"]
    assert again.usage.reused_model_calls == again.usage.model_calls == before.usage.model_calls
