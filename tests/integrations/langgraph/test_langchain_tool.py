"""Use the search as a tool of a LangChain agent."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from orps_agent import Archive, Budget, as_tool
from orps_agent.errors import EndpointError
from tests.support.samples import FIRST_HALF_THEN_RIGHT, script, settings

NUMBERS = {"search": {"samples": 3, "rounds": 2, "beam": 1}}
ASKED = {"statement": "Write double(n): twice n.", "tests": ["double(2) == 4", "double(5) == 10"]}


def call(**arguments: object) -> dict[str, object]:
    return {"type": "tool_call", "id": "1", "name": "search_for_code", "args": arguments}


async def test_the_tool_answers_with_code_and_keeps_the_outcome_as_artifact(tmp_path: Path) -> None:
    given = settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT), **NUMBERS)
    told = await as_tool(settings=given, budget=Budget(calls=50)).ainvoke(call(**ASKED))
    assert isinstance(told, ToolMessage)
    assert str(told.content).startswith("Solved.")
    assert "```python\ndef double(n):\n    return n + n\n```" in str(told.content)
    assert told.artifact["solved"]
    async with Archive(given) as archive:
        assert (await archive.search(told.artifact["search"])).config.budget == Budget(calls=50)


async def test_a_request_that_cannot_be_used_is_told_to_the_model(tmp_path: Path) -> None:
    tool = as_tool(settings=settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT)))
    told = await tool.ainvoke(call(statement="Write f.", tests=["f( == 4"]))
    assert (told.status, "test '1'" in told.content) == ("error", True)


async def test_a_call_that_was_interrupted_goes_on_with_its_search(tmp_path: Path) -> None:
    down = {"role": "critic", "contains": "2 of 2 tests passed", "fail": "endpoint"}
    given = settings(tmp_path, model=script(tmp_path, down, *FIRST_HALF_THEN_RIGHT), **NUMBERS)
    graph = StateGraph(MessagesState)
    graph.add_node("tools", ToolNode([as_tool(settings=given)]))
    graph.add_edge(START, "tools")
    agent = graph.compile(checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "1"}}
    asked = AIMessage("", tool_calls=[{"id": "1", "name": "search_for_code", "args": ASKED}])
    with pytest.raises(EndpointError):
        await agent.ainvoke({"messages": [asked]}, thread)
    script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    ended = await agent.ainvoke(None, thread)
    assert ended["messages"][-1].content.startswith("Solved.")
    async with Archive(given) as archive:
        (row,) = await archive.searches()
        assert (row.status, (await archive.result(row.id)).usage.model_calls) == ("finished", 12)
