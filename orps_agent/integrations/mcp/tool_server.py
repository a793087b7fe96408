"""Implement the tools of `orps mcp`: solve, start, watch, resume, cancel, list and explain searches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from orps_agent.budget.account import Budget
from orps_agent.domain.events import CandidateExecuted, CandidateFinished, SearchFinished, SearchStarted
from orps_agent.domain.problem import Problem
from orps_agent.errors import OrpsError
from orps_agent.integrations.langgraph.request import SearchRequest, config_of, problem_of
from orps_agent.settings import SearchConfig

from .answers import (
    Explanation,
    LatestSearches,
    SearchProgress,
    SolveResult,
    progress_of,
    result_of,
    summarise_candidate,
    summarise_outline,
)
from .background_searches import BackgroundSearches

Statement = Annotated[str, Field(description="The code to write, with the names and signatures that the tests use.")]
Tests = Annotated[list[str], Field(description="Python comparisons or assert statements, such as `f(2) == 4`.")]
HeldBack = Annotated[list[str] | None, Field(description="Tests that are run on the final code only.")]
Changes = Annotated[
    dict[str, Any] | None,
    Field(description="Settings of the search, such as {'samples': 8, 'rounds': 3, 'budget.calls': 100}."),
]
SearchId = Annotated[str, Field(description="Id of the search, or a prefix of it.")]
INSTRUCTIONS = (
    "Searches for Python code that passes tests, by sampling, executing, criticising and improving candidates. "
    "`solve` waits for the result; `start` returns at once, and `watch` reports progress. Searches are stored: "
    "`resume` continues an interrupted one and repeats nothing."
)


class Tools:
    """Implement the tools of one server; clients show the docstrings of the methods as the tools' descriptions."""

    def __init__(self, runs: BackgroundSearches) -> None:
        self._runs = runs

    async def solve(
        self,
        ctx: Context[Any, Any],
        statement: Statement,
        tests: Tests,
        held_back: HeldBack = None,
        changes: Changes = None,
    ) -> SolveResult:
        """Search for code that passes the tests, and wait for the result; progress counts finished candidates."""
        expected, done, search = 0, 0, ""
        with _errors_for_client():
            problem, config = self._asked(statement, tests, held_back, changes)
            async with self._runs.agent.stream(problem, config) as events:
                async for event in events:
                    if isinstance(event, SearchStarted):
                        expected, search = event.at_most, event.search
                        await ctx.report_progress(0, expected, f"search {search} has started")
                    elif isinstance(event, CandidateExecuted):
                        words = f"candidate {event.candidate} passes {event.passed} of {event.tests} tests"
                        await ctx.report_progress(done, expected, words)
                    elif isinstance(event, CandidateFinished):
                        done += 1
                        await ctx.report_progress(done, expected, f"candidate {event.candidate} is {event.status}")
                    elif isinstance(event, SearchFinished):
                        return result_of(event.result, "finished")
            return await self._result(search)

    async def start(
        self, statement: Statement, tests: Tests, held_back: HeldBack = None, changes: Changes = None
    ) -> SearchProgress:
        """Start a search and return at once; `watch` reports its progress and `explain` its result."""
        with _errors_for_client():
            problem, config = self._asked(statement, tests, held_back, changes)
            return await self._runs.progress(await self._runs.start(problem, config))

    async def watch(
        self,
        ctx: Context[Any, Any],
        search: SearchId,
        seconds: Annotated[
            float, Field(ge=0, le=3600, description="Maximum time to wait for its end, in seconds.")
        ] = 60.0,
    ) -> SearchProgress:
        """Wait until a search has ended or the time is up; progress counts finished candidates."""
        with _errors_for_client():
            now = await self._runs.progress(search)
            async for now in self._runs.watch(search, seconds):
                best = "none executed yet" if now.best_passed is None else f"the best passes {now.best_passed}"
                await ctx.report_progress(now.candidates, now.expected, f"{now.status}, {best} of {now.tests} tests")
            return now

    async def resume(
        self,
        search: SearchId,
        max_calls: Annotated[int | None, Field(gt=0, description="Limit of model calls over all its runs.")] = None,
        max_cost: Annotated[float | None, Field(gt=0, description="Limit in USD over all its runs.")] = None,
    ) -> SearchProgress:
        """Continue a created, interrupted or cancelled search, or, with larger limits, one that reached its limits."""
        given = {name: each for name, each in (("calls", max_calls), ("cost", max_cost)) if each is not None}
        with _errors_for_client():
            found = await self._runs.archive.search(search)
            budget = Budget.model_validate({**found.config.budget.model_dump(), **given}) if given else None
            return await self._runs.progress(await self._runs.resume(found.id, budget))

    async def cancel(self, search: SearchId) -> SearchProgress:
        """End a search early and keep what it found; calls in flight are finished first."""
        with _errors_for_client():
            found = await self._runs.archive.search(search)
            await self._runs.agent.cancel(found.id)
            return await self._runs.progress(found.id)

    async def list_searches(
        self, limit: Annotated[int, Field(ge=1, le=1000, description="Maximum number of searches.")] = 20
    ) -> LatestSearches:
        """List the latest searches, newest first."""
        with _errors_for_client():
            latest = await self._runs.archive.searches(limit)
            store = self._runs.archive.store
            return LatestSearches(searches=[progress_of(each, await store.outline(each.id)) for each in latest])

    async def explain(
        self,
        search: SearchId,
        candidate: Annotated[str | None, Field(description="Explain this candidate instead of the best.")] = None,
    ) -> Explanation:
        """Explain a search: its result and why, the best candidate with its reasoning and critique, and its tree."""
        with _errors_for_client():
            found = await self._runs.archive.search(search)
            result = await self._runs.archive.result(found.id)
            shown = await self._runs.archive.store.candidate(found.id, candidate) if candidate else result.winner
            return Explanation(
                result=result_of(result, found.status),
                why=result.why,
                best=summarise_candidate(shown) if shown else None,
                tree=[summarise_outline(each) for each in await self._runs.archive.store.outline(found.id)],
            )

    def _asked(
        self, statement: str, tests: list[str], held_back: list[str] | None, changes: dict[str, Any] | None
    ) -> tuple[Problem, SearchConfig]:
        request = SearchRequest(statement=statement, tests=tests, held_back=held_back or [], changes=changes or {})
        return problem_of(request), config_of(request, self._runs.agent.settings)

    async def _result(self, search_id: str) -> SolveResult:
        search = await self._runs.archive.search(search_id)
        return result_of(await self._runs.archive.result(search.id), search.status)


def build_server(runs: BackgroundSearches) -> MCPServer[Any]:
    """Build the server with its tools; their results are structured content."""
    server: MCPServer[Any] = MCPServer("orps", instructions=INSTRUCTIONS, log_level="WARNING")
    tools = Tools(runs)
    for tool in (tools.solve, tools.start, tools.watch, tools.resume, tools.cancel, tools.explain):
        server.add_tool(tool)
    server.add_tool(tools.list_searches, name="list")
    return server


@contextmanager
def _errors_for_client() -> Iterator[None]:
    """Convert an OrpsError to a ToolError: the client's model reads its message and can often correct the request."""
    try:
        yield
    except OrpsError as error:
        raise ToolError(str(error)) from error
