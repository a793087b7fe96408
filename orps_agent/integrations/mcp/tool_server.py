"""The tools of `orps mcp`: solve, start, watch, resume, cancel, list and explain searches."""

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

from .answers import Explanation, LatestSearches, SearchProgress, SolveResult, outlined, progress_of, result_of, told
from .background_searches import Runs

Statement = Annotated[str, Field(description="What to write, with the names and signatures that the tests use.")]
Tests = Annotated[list[str], Field(description="Python comparisons or assert statements, such as `f(2) == 4`.")]
HeldBack = Annotated[list[str] | None, Field(description="Tests that only the final code is measured on.")]
Changes = Annotated[
    dict[str, Any] | None,
    Field(description="Numbers of the search, such as {'samples': 8, 'rounds': 3, 'budget.calls': 100}."),
]
SearchId = Annotated[str, Field(description="The search's id, or the beginning of it.")]
INSTRUCTIONS = (
    "Searches for Python code that passes tests, by sampling, executing, criticising and improving candidates. "
    "`solve` waits for the result; `start` returns at once, `watch` follows. Searches are stored: `resume` goes on "
    "with one that was interrupted, and repeats nothing."
)


class Tools:
    """The tools over the searches of one server; their docstrings are what clients read."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    async def solve(
        self,
        ctx: Context[Any, Any],
        statement: Statement,
        tests: Tests,
        held_back: HeldBack = None,
        changes: Changes = None,
    ) -> SolveResult:
        """Search for code that passes the tests, and wait for it; progress tells how many candidates are done."""
        expected, done, search = 0, 0, ""
        with _anticipated():
            problem, config = self._asked(statement, tests, held_back, changes)
            async with self._runs.agent.stream(problem, config) as events:
                async for event in events:
                    if isinstance(event, SearchStarted):
                        expected, search = event.at_most, event.search
                        await ctx.report_progress(0, expected, f"search {search} has begun")
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
        """Begin a search and return at once; `watch` tells how it goes and `explain` what it found."""
        with _anticipated():
            problem, config = self._asked(statement, tests, held_back, changes)
            return await self._runs.progress(await self._runs.start(problem, config))

    async def watch(
        self,
        ctx: Context[Any, Any],
        search: SearchId,
        seconds: Annotated[float, Field(ge=0, le=3600, description="How long to wait for its end at most.")] = 60.0,
    ) -> SearchProgress:
        """Wait until a search has ended or the time is up; progress tells how many candidates are done."""
        with _anticipated():
            now = await self._runs.progress(search)
            async for now in self._runs.watch(search, seconds):
                best = "none executed yet" if now.best_passed is None else f"the best passes {now.best_passed}"
                await ctx.report_progress(now.candidates, now.expected, f"{now.status}, {best} of {now.tests} tests")
            return now

    async def resume(
        self,
        search: SearchId,
        max_calls: Annotated[int | None, Field(gt=0, description="Model calls over all runs of it.")] = None,
        max_cost: Annotated[float | None, Field(gt=0, description="USD over all runs of it.")] = None,
    ) -> SearchProgress:
        """Continue a created, interrupted or cancelled search, or, with larger limits, one that used its own up."""
        given = {name: each for name, each in (("calls", max_calls), ("cost", max_cost)) if each is not None}
        with _anticipated():
            found = await self._runs.archive.search(search)
            budget = Budget.model_validate({**found.config.budget.model_dump(), **given}) if given else None
            return await self._runs.progress(await self._runs.resume(found.id, budget))

    async def cancel(self, search: SearchId) -> SearchProgress:
        """End a search before its time, keeping what it found; what is in flight is finished first."""
        with _anticipated():
            found = await self._runs.archive.search(search)
            await self._runs.agent.cancel(found.id)
            return await self._runs.progress(found.id)

    async def list_searches(
        self, limit: Annotated[int, Field(ge=1, le=1000, description="How many at most.")] = 20
    ) -> LatestSearches:
        """The latest searches, newest first."""
        with _anticipated():
            latest = await self._runs.archive.searches(limit)
            store = self._runs.archive.store
            return LatestSearches(searches=[progress_of(each, await store.outline(each.id)) for each in latest])

    async def explain(
        self,
        search: SearchId,
        candidate: Annotated[str | None, Field(description="Explain this one in place of the best.")] = None,
    ) -> Explanation:
        """What a search found, why, the best candidate with its reasoning and critique, and the whole tree in short."""
        with _anticipated():
            found = await self._runs.archive.search(search)
            result = await self._runs.archive.result(found.id)
            shown = await self._runs.archive.store.candidate(found.id, candidate) if candidate else result.winner
            return Explanation(
                result=result_of(result, found.status),
                why=result.why,
                best=told(shown) if shown else None,
                tree=[outlined(each) for each in await self._runs.archive.store.outline(found.id)],
            )

    def _asked(
        self, statement: str, tests: list[str], held_back: list[str] | None, changes: dict[str, Any] | None
    ) -> tuple[Problem, SearchConfig]:
        request = SearchRequest(statement=statement, tests=tests, held_back=held_back or [], changes=changes or {})
        return problem_of(request), config_of(request, self._runs.agent.settings)

    async def _result(self, search_id: str) -> SolveResult:
        search = await self._runs.archive.search(search_id)
        return result_of(await self._runs.archive.result(search.id), search.status)


def build_server(runs: Runs) -> MCPServer[Any]:
    """The server with its tools; their results are structured content."""
    server: MCPServer[Any] = MCPServer("orps", instructions=INSTRUCTIONS, log_level="WARNING")
    tools = Tools(runs)
    for tool in (tools.solve, tools.start, tools.watch, tools.resume, tools.cancel, tools.explain):
        server.add_tool(tool)
    server.add_tool(tools.list_searches, name="list")
    return server


@contextmanager
def _anticipated() -> Iterator[None]:
    """Errors of ours are told to the client's model, which can often do something about them."""
    try:
        yield
    except OrpsError as error:
        raise ToolError(str(error)) from error
