"""Use the search as a graph in another graph: real searches on the scripted model, real checkpoints."""

import importlib
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from blockbuster import blockbuster_ctx
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send

from orps_agent import Agent, Archive, Budget, build_search
from orps_agent.errors import EndpointError, ProblemError, SettingsError
from orps_agent.integrations.langgraph import SearchRequest
from tests.support import ROOT
from tests.support.samples import DOUBLE, FIRST_HALF_THEN_RIGHT, HALF, RIGHT, script, settings

REQUEST: SearchRequest = {
    "problem": DOUBLE.model_dump(mode="json"),
    "changes": {"samples": 3, "rounds": 2, "beam": 1},
}
THREAD: Any = {"configurable": {"thread_id": "a thread"}}


def calls(folder: Path) -> int:
    with sqlite3.connect(folder / "orps.db") as connection:
        (count,) = connection.execute("SELECT count(*) FROM model_calls").fetchone()
    connection.close()
    return int(count)


async def test_the_graph_takes_words_and_ends_with_code(tmp_path: Path) -> None:
    graph = build_search(settings=settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT)))
    found = await graph.ainvoke(
        {
            "statement": "Write double(n): twice n.",
            "tests": ["double(2) == 4", "double(5) == 10"],
            "held_back": ["double(-1) == -2"],
            "changes": {"samples": 3, "rounds": 2},
            "budget": {"calls": 100},
        }
    )
    assert set(found) == {"search", "code", "solved", "summary"}
    assert found["solved"]
    assert "return n + n" in found["code"]
    assert found["summary"].startswith("Solved. The best candidate passes 2 of 2 tests")
    async with Archive(settings(tmp_path)) as archive:
        row = await archive.search(found["search"])
    assert (row.id, row.status, row.config.budget.calls) == (found["search"], "finished", 100)


async def test_a_given_agent_is_used_and_stays_open(tmp_path: Path) -> None:
    async with Agent(settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))) as agent:
        graph = build_search(agent)
        first, second = await graph.ainvoke(REQUEST), await graph.ainvoke(REQUEST)
        assert first["search"] != second["search"]
        assert {row.id for row in await agent.archive.searches()} == {first["search"], second["search"]}


async def test_events_come_as_the_custom_stream(tmp_path: Path) -> None:
    graph = build_search(settings=settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT)))
    told = [event async for event in graph.astream(REQUEST, stream_mode="custom")]
    kinds = [event["kind"] for event in told]
    assert (kinds[0], kinds[-1], kinds.count("candidate_finished")) == ("search_started", "search_finished", 6)
    assert told[-1]["result"]["winner"]["code"].strip().endswith("return n + n")


@pytest.mark.parametrize(
    ("request_", "error", "words"),
    [
        ({"statement": "Write f."}, ProblemError, "has no tests"),
        ({}, ProblemError, "needs a problem, or a statement"),
        ({"problem": {"id": "x"}}, ProblemError, "problem: statement"),
        ({**REQUEST, "changes": {"sample": 3}}, SettingsError, "sample"),
        ({**REQUEST, "budget": {"calls": -1}}, SettingsError, "budget.calls"),
    ],
)
async def test_a_wrong_request_is_refused_before_anything_is_stored(
    tmp_path: Path, request_: Any, error: type[Exception], words: str
) -> None:
    graph = build_search(settings=settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT)))
    with pytest.raises(error, match=words):
        await graph.ainvoke(request_)
    assert not (tmp_path / "orps.db").exists()


class _Parent(SearchRequest):
    search: str
    code: str | None
    solved: bool


async def test_a_parent_that_resumes_from_its_checkpoint_goes_on_with_the_same_search(tmp_path: Path) -> None:
    down = {"role": "critic", "contains": "2 of 2 tests passed", "fail": "endpoint"}
    failing = script(tmp_path, down, *FIRST_HALF_THEN_RIGHT)
    given = settings(tmp_path, model=failing)

    def parent(saver: AsyncSqliteSaver) -> Any:
        graph = StateGraph(_Parent)
        graph.add_node("orps", build_search(settings=given))
        graph.add_edge(START, "orps")
        return graph.compile(checkpointer=saver)

    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "parent.db")) as saver:
        with pytest.raises(EndpointError):
            await parent(saver).ainvoke(REQUEST, THREAD)
    async with Archive(given) as archive:
        (interrupted,) = await archive.searches()
        paid = await archive.store.usage(interrupted.id)
    assert interrupted.status == "interrupted"
    script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "parent.db")) as saver:
        found = await parent(saver).ainvoke(None, THREAD)
    async with Archive(given) as archive:
        assert [row.id for row in await archive.searches()] == [interrupted.id] == [found["search"]]
        result = await archive.result(interrupted.id)
    assert found["solved"]
    assert 0 < int(paid["model_calls"] or 0) < result.usage.model_calls == 12


async def test_searches_sent_side_by_side_share_one_agent(tmp_path: Path) -> None:
    class Many(TypedDict):
        codes: Annotated[list[str], lambda old, new: old + new]

    search = build_search(settings=settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT)))

    async def solve(state: SearchRequest) -> dict[str, list[str]]:
        return {"codes": [(await search.ainvoke(state))["code"]]}

    graph = StateGraph(Many)
    graph.add_node("solve", solve)
    graph.add_conditional_edges(START, lambda _: [Send("solve", REQUEST)] * 3)
    graph.add_edge("solve", END)
    found = await graph.compile(checkpointer=InMemorySaver()).ainvoke({"codes": []}, THREAD)
    assert len(found["codes"]) == 3
    async with Archive(settings(tmp_path)) as archive:
        assert [row.status for row in await archive.searches()] == ["finished"] * 3


async def test_a_human_is_asked_before_a_threshold_of_spending(tmp_path: Path) -> None:
    given = settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))
    graph = build_search(settings=given, checkpointer=InMemorySaver(), ask_above=Budget(calls=5))
    asked = await graph.ainvoke(REQUEST, THREAD)
    (question,) = asked["__interrupt__"]
    assert question.value["kind"] == "spending"
    assert "12 model calls, more than 5" in question.value["question"]
    assert question.value["forecast"]["likely"]["calls"] == 12
    assert not (tmp_path / "orps.db").exists()
    found = await graph.ainvoke(Command(resume={"calls": 6}), THREAD)
    assert found["search"] == question.value["search"]
    assert calls(tmp_path) == 6


async def test_a_human_may_refuse_the_spending_and_need_not_be_asked_below_it(tmp_path: Path) -> None:
    given = settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))
    graph = build_search(settings=given, checkpointer=InMemorySaver(), ask_above=Budget(tokens=10))
    await graph.ainvoke(REQUEST, THREAD)
    refused = await graph.ainvoke(Command(resume=False), THREAD)
    assert (refused["code"], refused["solved"]) == (None, False)
    assert refused["summary"].startswith("Not started: it was likely to take")
    assert not (tmp_path / "orps.db").exists()
    modest = build_search(settings=given, checkpointer=InMemorySaver(), ask_above=Budget(calls=12))
    assert (await modest.ainvoke(REQUEST, THREAD))["solved"]


async def test_a_search_goes_on_with_a_humans_critique(tmp_path: Path) -> None:
    model = script(
        tmp_path,
        {"role": "programmer", "contains": "Think of sums.", "reply": RIGHT},
        {"role": "programmer", "reply": HALF},
    )
    graph = build_search(settings=settings(tmp_path, model=model), checkpointer=InMemorySaver(), review="unsolved")
    asked = await graph.ainvoke(REQUEST, THREAD)
    (question,) = asked["__interrupt__"]
    assert (question.value["kind"], question.value["solved"]) == ("critique", False)
    assert "return n + 2" in question.value["code"]
    found = await graph.ainvoke(Command(resume="Think of sums."), THREAD)
    assert found["solved"]
    assert found["search"] != question.value["search"]
    async with Archive(settings(tmp_path)) as archive:
        assert (await archive.search(found["search"])).forked_from == question.value["search"]
    # As after a kill before the fork's checkpoint was written: the same fork, not a second one.
    (before,) = [each async for each in graph.aget_state_history(THREAD) if each.next == ("fork",)]
    assert (await graph.ainvoke(None, before.config))["search"] == found["search"]
    async with Archive(settings(tmp_path)) as archive:
        assert len(await archive.searches()) == 2


async def test_an_empty_critique_accepts_the_code(tmp_path: Path) -> None:
    given = settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))
    graph = build_search(settings=given, checkpointer=InMemorySaver(), review="always")
    asked = await graph.ainvoke(REQUEST, THREAD)
    found = await graph.ainvoke(Command(resume=""), THREAD)
    assert found["search"] == asked["__interrupt__"][0].value["search"]
    assert found["solved"]


async def test_a_cancelled_search_hands_over_what_it_has(tmp_path: Path) -> None:
    async with Agent(settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))) as agent:
        graph = build_search(agent)
        async for mode, told in graph.astream(REQUEST, stream_mode=["custom", "values"]):
            if mode == "custom" and told["kind"] == "round_closed" and told["round"] == 0:
                await agent.cancel(told["search"])
        assert mode == "values"
        row = await agent.archive.search(told["search"])
    assert row.status == "cancelled"
    assert "ended by: " in told["summary"]


@pytest.fixture(name="_no_blocking")
def _refuse_what_langgraph_dev_refuses() -> Iterator[None]:
    """Raise on blocking calls in the event loop, but for those that `langgraph dev` lets pass as well."""
    with blockbuster_ctx() as refused:
        for name, function in refused.functions.items():
            if name.startswith(("os.path.", "io.")) or name in {"os.stat", "os.listdir", "os.remove"}:
                function.deactivate()
        yield


@pytest.mark.usefixtures("_no_blocking")
async def test_the_graph_of_langgraph_json_blocks_no_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORPS_MODEL", script(tmp_path, *FIRST_HALF_THEN_RIGHT))
    monkeypatch.setenv("ORPS_DB", str(tmp_path / "orps.db"))
    told = json.loads((ROOT / "langgraph.json").read_text())
    module, _, name = told["graphs"]["orps"].partition(":")
    monkeypatch.delitem(sys.modules, module, raising=False)  # made with the settings of when it is imported
    graph = getattr(importlib.import_module(module), name)
    assert (await graph.ainvoke(REQUEST))["solved"]
    assert set(graph.get_input_jsonschema()["properties"]) >= {"problem", "statement", "tests", "changes", "budget"}
    assert set(graph.get_output_jsonschema()["properties"]) == {"search", "code", "solved", "summary"}
