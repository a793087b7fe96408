"""Provide a search as a tool of a LangChain agent."""

from __future__ import annotations

from typing import cast

from langchain_core.tools import StructuredTool, ToolException
from pydantic import BaseModel, Field

from orps_agent.agent import Agent
from orps_agent.budget.account import Budget
from orps_agent.domain.artifact import Program
from orps_agent.errors import UsageError
from orps_agent.settings import Settings

from .request import SearchOutcome, SearchRequest
from .subgraph import build_search

_DESCRIPTION = (
    "Writes Python code by search: many candidates are sampled, run on the tests in a sandbox, criticised and "
    "improved. Takes minutes. Use it for functions whose correctness can be tested. Returns the best code found and "
    "states whether it passes every test."
)


class ToolArguments(BaseModel):
    """Describe the arguments that the agent's model fills in."""

    statement: str = Field(description="The code to write, with the names and signatures that the tests use.")
    tests: list[str] = Field(description="Python comparisons or assert statements, such as `f(2) == 4`.", min_length=1)
    held_back: list[str] = Field(default_factory=list, description="Further tests that are run on the final code only.")


def as_tool(
    agent: Agent | None = None,
    *,
    settings: Settings | None = None,
    budget: Budget | None = None,
    name: str = "search_for_code",
    description: str = _DESCRIPTION,
) -> StructuredTool:
    """Build an asynchronous tool that searches for code; its artifact is a SearchOutcome.

        agent = create_agent(model, tools=[as_tool(budget=Budget(cost=0.5))])

    `agent` and `settings` are those of `build_search`, `budget` limits each call. Inside a graph with a checkpointer
    an interrupted call continues its search, and its events are in the graph's custom stream. An invalid request is
    returned to the model as an error message; when the search cannot run, the tool raises CannotRun.
    """
    search = build_search(agent, settings=settings)
    limits = budget.model_dump(exclude_none=True) if budget else {}

    async def run(statement: str, tests: list[str], held_back: list[str] | None = None) -> tuple[str, SearchOutcome]:
        request = SearchRequest(statement=statement, tests=tests, held_back=held_back or [], budget=limits)
        try:
            found = cast("SearchOutcome", await search.ainvoke(request))
        except UsageError as error:
            raise ToolException(str(error)) from error
        return _message(found), found

    return StructuredTool.from_function(
        coroutine=run,
        name=name,
        description=description,
        args_schema=ToolArguments,
        response_format="content_and_artifact",
        handle_tool_error=True,
    )


def _message(found: SearchOutcome) -> str:
    return "\n\n".join(filter(None, (found["summary"], Program((found["code"] or "").rstrip()).text)))
