"""Run a graph that has a search in it and checkpoints of its own on disk, as a program that can be killed.

    python -m tests.support.parent_graph FOLDER URL

Prints what came of it; started again, it goes on from its checkpoint.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, StateGraph

from orps_agent import build_search
from orps_agent.integrations.langgraph import SearchRequest

from .samples import DOUBLE, settings

CHANGES = {"samples": 3, "rounds": 2, "beam": 1, "reasoning": "split", "seed": 7}


class Work(SearchRequest):
    search: str
    code: str | None
    solved: bool
    planned: list[str]


async def plan(_: Work) -> dict[str, Any]:
    return {"problem": DOUBLE.model_dump(mode="json"), "changes": CHANGES, "planned": ["once"]}


async def run(folder: Path, url: str) -> None:
    given = settings(folder, model="served", base_url=url)
    graph = StateGraph(Work)
    graph.add_node("plan", plan)
    graph.add_node("orps", build_search(settings=given))
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "orps")
    thread: Any = {"configurable": {"thread_id": "a thread"}}
    async with AsyncSqliteSaver.from_conn_string(str(folder / "parent.db")) as saver:
        parent = graph.compile(checkpointer=saver)
        known = await saver.aget_tuple(thread) is not None
        print(json.dumps(await parent.ainvoke(None if known else {"statement": ""}, thread)))


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), sys.argv[2]))
