"""Supervise two orps workers, a broad one and a deep one, and a reviewer that may send them back once.

ORPS_MODEL=gpt-4.1-mini python examples/supervisor.py "Write f(n): twice n." "f(2) == 4" "f(5) == 10"
"""

import asyncio
import operator
import sys
from typing import Annotated, Any, Literal, TypedDict, cast

from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, Send

from orps_agent import build_search
from orps_agent.integrations.langgraph import SearchOutcome, SearchRequest

WORKERS = {"broad": {"samples": 8, "rounds": 1}, "deep": {"samples": 2, "rounds": 4, "beam": 1}}
ATTEMPTS = 2


class Work(TypedDict, total=False):
    """Hold the state: the task, the number of attempts, all outcomes, and the outcome that the reviewer accepted."""

    statement: str
    tests: list[str]
    attempt: int
    found: Annotated[list[SearchOutcome], operator.add]
    accepted: SearchOutcome
    review: str


def supervisor(state: Work) -> Command[Literal["worker"]]:
    """Send the task to both workers; another seed gives another attempt."""
    attempt = state.get("attempt", 0)
    requests = [
        {"statement": state["statement"], "tests": state["tests"], "changes": {**numbers, "seed": attempt}}
        for numbers in WORKERS.values()
    ]
    return Command(update={"attempt": attempt + 1}, goto=[Send("worker", request) for request in requests])


def reviewer(state: Work) -> Command[Literal["supervisor", "__end__"]]:
    """Accept the shortest code that passes everything; send the workers back when there is none."""
    solved = [each for each in state["found"] if each["solved"]]
    if not solved and state["attempt"] < ATTEMPTS:
        return Command(goto="supervisor")
    best = min(solved or state["found"], key=lambda each: len(each["code"] or ""))
    review = f"{len(solved)} of {len(state['found'])} searches solved it. {best['summary']}"
    return Command(update={"accepted": best, "review": review}, goto="__end__")


def build() -> CompiledStateGraph[Any, Any, Any, Any]:
    """Build the supervisor's graph; both workers share an agent."""
    search = build_search()

    async def worker(state: SearchRequest) -> Work:
        return {"found": [cast("SearchOutcome", await search.ainvoke(state))]}

    graph = StateGraph(Work)
    graph.add_node("supervisor", supervisor)
    graph.add_node("worker", worker, input_schema=SearchRequest)
    graph.add_node("reviewer", reviewer)
    graph.add_edge(START, "supervisor")
    graph.add_edge("worker", "reviewer")
    return graph.compile()


if __name__ == "__main__":
    statement, *tests = sys.argv[1:]
    done = asyncio.run(build().ainvoke({"statement": statement, "tests": tests}))
    print(f"{done['accepted']['code']}\n# {done['review']}")
