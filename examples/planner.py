"""Plan over orps: split a module of stubs into functions, solve them concurrently, put the solutions together.

    ORPS_MODEL=gpt-4.1-mini python examples/planner.py stubs.py > module.py

Every function of the stubs is a problem of its own: its docstring is the task, its doctests are the tests.
"""

import ast
import asyncio
import doctest
import operator
import sys
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Send

from orps_agent import build_search
from orps_agent.integrations.langgraph import SearchRequest


class Function(TypedDict):
    """Hold the input of `solve`: one function's name, and the request to write it."""

    name: str
    request: SearchRequest


class Module(TypedDict, total=False):
    """Hold the state: the stubs, one (name, code) for each function, and the module made of them."""

    stubs: str
    functions: Annotated[list[tuple[str, str]], operator.add]
    module: str


def plan(state: Module) -> list[Send]:
    """Send one request to `solve` for each function."""
    return [
        Send("solve", Function(name=stub.name, request=request_for(stub)))
        for stub in ast.parse(state["stubs"]).body
        if isinstance(stub, ast.FunctionDef)
    ]


def request_for(stub: ast.FunctionDef) -> SearchRequest:
    """Make a request of a function: its head and docstring are the task, its doctests the tests."""
    examples = doctest.DocTestParser().get_examples(ast.get_docstring(stub) or "")
    tests = [f"{each.source.strip()} == {each.want.strip()}" for each in examples]
    return {"statement": f"Write this Python function.\n\n{ast.unparse(stub)}", "tests": tests}


def assemble(state: Module) -> Module:
    """Join the functions in the order of the stubs."""
    order = [stub.name for stub in ast.parse(state["stubs"]).body if isinstance(stub, ast.FunctionDef)]
    written = dict(state["functions"])
    return {"module": "\n\n".join(written[name] for name in order)}


def build() -> CompiledStateGraph[Any, Any, Any, Any]:
    """Build the planner's graph; one agent searches for all functions."""
    search = build_search()

    async def solve(state: Function) -> Module:
        found = await search.ainvoke(state["request"])
        return {"functions": [(state["name"], found["code"] or f"# {state['name']}: {found['summary']}\n")]}

    graph = StateGraph(Module)
    graph.add_node("solve", solve, input_schema=Function)
    graph.add_node("assemble", assemble)
    graph.add_conditional_edges(START, plan, ["solve"])
    graph.add_edge("solve", "assemble")
    graph.add_edge("assemble", END)
    return graph.compile()


if __name__ == "__main__":
    print(asyncio.run(build().ainvoke({"stubs": Path(sys.argv[1]).read_text()}))["module"])
