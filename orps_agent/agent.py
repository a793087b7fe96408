"""The door to everything: start, watch and resume searches."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Any, Self

import anyio
from anyio.from_thread import start_blocking_portal
from langchain_core.runnables import RunnableConfig

from .candidate import Status
from .errors import OrpsError, SearchInterrupted
from .events import (
    AnyEvent,
    CandidateExecuted,
    CandidateFinished,
    RoundStarted,
    SearchFinished,
    SearchStarted,
)
from .graphs import SearchContext, SearchInput, build_search
from .llm.roles import Models, is_small, model_names, open_models
from .logs import log
from .problem import Problem
from .prompting import Prompts
from .result import SearchResult
from .settings import QUICK, SearchConfig, Settings, load_settings
from .store import SearchRow, Store
from .store.checkpoints import open_checkpoints, settle
from .store.lease import lease
from .strategies import Orps
from .summary import summarise
from .tasks import beside
from .tools import SplitExecutor

GRACE_SECONDS = 10.0
"""How long a search that is stopping may take to finish what is in flight."""


class Agent:
    """Searches for solutions; holds the database, the sandbox and the models for as long as the context lasts.

        async with Agent(settings) as agent:
            result = await agent.solve(problem)
            print(result.code)

    Any number of searches may run at the same time; they share the model and executor slots.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or load_settings()
        self.store = Store(self.settings.db)
        self._stack = AsyncExitStack()
        self._models: dict[tuple[str, str], Models] = {}
        self._running: dict[str, SearchContext] = {}
        self._opening = anyio.Lock()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.store)
            self._executor = await stack.enter_async_context(SplitExecutor(self.settings.executor))
            self._saver = await stack.enter_async_context(open_checkpoints(self.settings.db))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def solve(self, problem: Problem, config: SearchConfig | None = None) -> SearchResult:
        """Search for a solution and return the winner, once the search has ended by itself.

        Raises UsageError before anything is spent; CannotRun when the endpoint, the sandbox or the database gives
        way, with everything finished until then stored and the search ready to be resumed.
        """
        return await self._result(problem, config)

    async def resume(self, search: str) -> SearchResult:
        """Go on with an interrupted search; what is stored of it is not done again."""
        return await self._result(search, None)

    @asynccontextmanager
    async def stream(
        self, what: Problem | str, config: SearchConfig | None = None
    ) -> AsyncIterator[AsyncIterator[AnyEvent]]:
        """Run a search and watch it: a problem to start, or the id of a search to go on with.

            async with agent.stream(problem) as events:
                async for event in events:
                    print(event)

        The last event is SearchFinished. Leaving the context early interrupts the search; it can be resumed.
        """
        row = await (self._resumed(what) if isinstance(what, str) else self._created(what, config))
        models = await self._open_models(row)
        send, receive = anyio.create_memory_object_stream[AnyEvent](256)

        async def run() -> None:
            async with send, lease(self.store, row.id):
                await self._run(row, models, resumed=isinstance(what, str), emit=send.send)

        async with beside(run), receive:
            yield receive

    def stop(self) -> int:
        """Wind down every running search and say how many there are.

        What is in flight is finished and stored, nothing new is begun; the searches end with SearchInterrupted.
        """
        for context in self._running.values():
            context.stop()
        return len(self._running)

    async def _result(self, what: Problem | str, config: SearchConfig | None) -> SearchResult:
        result: SearchResult | None = None
        async with self.stream(what, config) as events:
            async for event in events:
                if isinstance(event, SearchFinished):
                    result = event.result
        if result is None:
            raise SearchInterrupted("the search was stopped before it ended: resume it with its id")
        return result

    async def _created(self, problem: Problem, config: SearchConfig | None) -> SearchRow:
        programmer, critic = model_names(self.settings)
        row = SearchRow(
            id=secrets.token_hex(4),
            created_at=time.time(),
            problem=problem,
            config=config or default_config(self.settings),
            programmer=programmer,
            critic=critic,
        )
        Prompts(row.config, self.settings.prompts)
        models = await self._open_models(row)
        await models.check()
        await self.store.add_search(row)
        return row

    async def _resumed(self, search: str) -> SearchRow:
        row = await self.store.search(search)
        models = await self._open_models(row)
        await models.check()
        return row

    async def _open_models(self, row: SearchRow) -> Models:
        names = row.programmer, row.critic
        async with self._opening:
            if names not in self._models:
                self._models[names] = await self._stack.enter_async_context(
                    open_models(self.settings, programmer=row.programmer, critic=row.critic)
                )
        return self._models[names]

    async def _run(
        self, row: SearchRow, models: Models, *, resumed: bool, emit: Callable[[AnyEvent], Awaitable[None]]
    ) -> None:
        started = time.monotonic()
        prompts = Prompts(row.config, self.settings.prompts)

        async def tell(event: AnyEvent) -> None:
            log.debug(event.kind, **event.model_dump(mode="json", exclude={"kind", "result"}))
            await emit(event)

        context = SearchContext(
            row=row,
            store=self.store,
            journal=await self.store.journal(row.id),
            programmer=models.programmer,
            critic=models.critic,
            executor=self._executor,
            prompts=prompts,
            strategy=Orps(row.config, [hint.name for hint in prompts.hints]),
            emit=tell,
        )
        await tell(
            SearchStarted(search=row.id, problem=row.problem.id, resumed=resumed, at_most=most_candidates(row.config))
        )
        if resumed:
            await self._retell(context)
        if row.status != "finished":
            await self.store.update_search(row.id, status="running", reason=None)
            await self._walk(context)
        result = await summarise(self.store, row.id, context.journal.tally, time.monotonic() - started)
        await tell(SearchFinished(search=row.id, result=result))

    async def _retell(self, context: SearchContext) -> None:
        """Tell what earlier runs did, so that whoever watches sees the whole search."""
        tree = await self.store.tree(context.id)
        for number, planned in sorted(Counter(each.round for each in tree).items()):
            await context.emit(RoundStarted(search=context.id, round=number, candidates=planned))
        for each in tree:
            if each.outcome is not None:
                await context.emit(CandidateExecuted.of(context.id, each, reused=True))
            if each.status is not Status.RUNNING:
                await context.emit(CandidateFinished.of(context.id, each))

    async def _walk(self, context: SearchContext) -> None:
        """Run the graph to its end, or to where it was stopped."""
        self._running[context.id] = context
        finished = False
        try:
            async with beside() as tasks:
                tasks.start_soon(_wind_down, context, tasks.cancel_scope)
                await self._invoke(context)
                finished = True
            if context.error:
                raise context.error
            if not finished:
                raise SearchInterrupted(f"search {context.id} was stopped: `orps resume {context.id}` goes on with it")
            await self.store.update_search(context.id, status="finished", finished_at=time.time())
            await self._saver.adelete_thread(context.id)
        except BaseException as error:
            with anyio.CancelScope(shield=True):
                reason = str(error) if isinstance(error, OrpsError) else "interrupted"
                await self.store.update_search(context.id, status="interrupted", reason=reason)
            raise
        finally:
            del self._running[context.id]

    async def _invoke(self, context: SearchContext) -> None:
        graph = build_search(self._saver)
        config: RunnableConfig = {
            "configurable": {"thread_id": context.id},
            "recursion_limit": 2 * context.row.config.rounds + 10,
        }
        known = await self._saver.aget_tuple(config) is not None
        given: SearchInput | None = None if known else {"search": context.id}
        try:
            await _shielded(graph.ainvoke(given, config, context=context, durability="async"))
        finally:
            await settle(self._saver)


def solve(problem: Problem, config: SearchConfig | None = None, settings: Settings | None = None) -> SearchResult:
    """`Agent.solve` for scripts and notebooks, where there is no event loop or one that is taken."""

    async def run() -> SearchResult:
        async with Agent(settings) as agent:
            return await agent.solve(problem, config)

    with start_blocking_portal() as portal:
        return portal.call(run)


def default_config(settings: Settings) -> SearchConfig:
    """The settings' search, else the paper's numbers, or the quick ones on the embedded model; over them the roles'."""
    config = settings.search or (QUICK if is_small(settings) else SearchConfig())
    return config.model_copy(update=settings.sampling)


def most_candidates(config: SearchConfig) -> int:
    """How many candidates a search can have: N in the first round, N for each of the K in the others."""
    return config.samples * (1 + config.beam * (config.rounds - 1))


async def _wind_down(context: SearchContext, scope: anyio.CancelScope) -> None:
    await context.stopping.wait()
    with anyio.move_on_after(GRACE_SECONDS):
        await context.idle.wait()
    scope.cancel()


async def _shielded(work: Coroutine[Any, Any, object]) -> None:
    """Await LangGraph in a task of its own: an anyio cancel scope around it would cut off its nodes' clean-up."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        with anyio.CancelScope(shield=True):
            task.cancel()
            await asyncio.wait([task])
        raise
