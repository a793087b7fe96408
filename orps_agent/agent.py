"""Start, watch and resume searches."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Self

import anyio
from anyio.from_thread import start_blocking_portal

from .archive import Archive
from .budget.account import Account, Budget
from .domain.events import (
    AnyEvent,
    CallFinished,
    CallProgress,
    CallStarted,
    SearchFinished,
    SearchStarted,
)
from .domain.problem import Problem
from .domain.result import SearchResult
from .domain.search import Search
from .errors import SearchInterrupted
from .graphs.context import SearchContext
from .graphs.lifecycle import Lifecycle
from .llm.base import Models
from .llm.opener import ModelOpener
from .llm.registry import is_small
from .prompts.messages import Prompts
from .search.forecast import Forecast, forecast
from .search.fork import shared
from .search.ledger import load_prices, open_account, refuse_unpriced
from .search.past_events import past_events
from .search.runner import cancellation, walk
from .search.search_plan import SearchPlan
from .search.summary import summarise
from .settings import QUICK, SearchConfig, Settings, load_settings
from .store import Store
from .store.lease import find_resumable, lease
from .strategies import STRATEGIES, settled
from .telemetry import open_trace
from .tools.executor import Executor, executor_of
from .util.logs import log
from .util.tasks import background_tasks

Emit = Callable[[AnyEvent], Awaitable[None]]


class Agent:
    """Search for solutions; hold the database, the sandbox and the models open while the context lasts.

        async with Agent(settings) as agent:
            result = await agent.solve(problem)
            print(result.code)

    Any number of searches may run at the same time; they share the model and executor slots and, over each one's own,
    the `budget` of the batch. `archive` gives access to the stored ones.

    `models`, `executor` and `store` take the place of those that the settings name. They belong to the caller, who
    opens them before the agent and closes them after it:

        async with MyModel() as model, MyExecutor() as executor:
            models = Models(programmer=model, critic=model, tester=model)
            async with Agent(settings, models=models, executor=executor) as agent:
                ...

    Given models answer for every search, a resumed one included, whatever models it had before; a new search is stored
    with their names. With a given store no file is written.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        models: Models | None = None,
        executor: Executor | None = None,
        store: Store | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.settings = settings or load_settings()
        self.archive = Archive(self.settings, store=store)
        self.store = self.archive.store
        self.prices = load_prices(self.settings)
        self.batch = Account(budget or Budget())
        """Account of what all its searches spend."""
        self._stack = AsyncExitStack()
        self._models = ModelOpener(self.settings, models)
        self._given_executor = executor
        self._running: dict[str, Lifecycle] = {}

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.archive)
            self.executor = await self._open_executor(stack)
            await stack.enter_async_context(self._models)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def solve(
        self, problem: Problem, config: SearchConfig | None = None, *, search: str | None = None
    ) -> SearchResult:
        """Search for a solution and return the winner, once the search has ended by itself; `search` as in `stream`.

        Raises UsageError before anything is spent; CannotRun when an endpoint, the sandbox or the database fails, with
        everything finished until then stored and the search ready to be resumed.
        """
        return await self._result(problem, config, search=search)

    async def resume(self, search: str, *, budget: Budget | None = None) -> SearchResult:
        """Continue an interrupted search; nothing that is stored is done again.

        With a larger `budget`, which counts over all runs, also one that had reached its budget.
        """
        return await self._result(search, None, budget)

    @asynccontextmanager
    async def stream(
        self,
        what: Problem | SearchPlan | str,
        config: SearchConfig | None = None,
        *,
        budget: Budget | None = None,
        search: str | None = None,
        batch: Account | None = None,
    ) -> AsyncIterator[AsyncIterator[AnyEvent]]:
        """Run a search and stream its events; `what` is a problem or a plan to start, or the id of a stored search.

            async with agent.stream(problem) as events:
                async for event in events:
                    print(event)

        A plan has its config and budget already. Otherwise a `budget` takes the place of the config's. `batch` is an
        account within the agent's that is charged as well. `search` is the id that a new search gets; where one of
        that id is stored already, it is continued. The last event is SearchFinished. Leaving the context early
        interrupts the search; it can be resumed.
        """
        batch = batch or self.batch
        plan, resumed = await self._prepared(what, config, budget, batch, search)
        models = await self._open_models(plan.search)
        send, receive = anyio.create_memory_object_stream[AnyEvent](256)

        async def run() -> None:
            async with send, lease(self.store, plan.search.id) as cancelled:
                await self._run(plan, models, batch, resumed=resumed, cancelled=cancelled, emit=send.send)

        async with background_tasks(run), receive:
            yield receive

    def forecast(self, problem: Problem, config: SearchConfig | None = None) -> Forecast:
        """Forecast the calls, tokens and cost of a search; the agent need not be open, and nothing is called."""
        programmer, critic, tester = self._models.names
        config = settled(config or self._default_config())
        prompts = Prompts(config, self.settings.prompts)
        return forecast(problem, config, prompts, self.prices, programmer=programmer, critic=critic, tester=tester)

    def plan(
        self,
        problem: Problem,
        config: SearchConfig | None = None,
        *,
        budget: Budget | None = None,
        batch: Account | None = None,
        search: str | None = None,
    ) -> SearchPlan:
        """Plan and check a new search for `stream`, without storing it; raises UsageError.

        Once `Store.add_search` has stored its `search`, `resume` runs it as well.
        """
        config = _within(settled(config or self._default_config()), budget)
        plan = SearchPlan.new(problem, config, self._models.names, self.settings.prompts, id_=search)
        refuse_unpriced(plan.search, self.prices, (batch or self.batch).budget)
        return plan

    async def interrupted(self, what: Problem | SearchPlan, config: SearchConfig | None = None) -> str | None:
        """Find the newest interrupted search that `solve` would start a second time; return its id, for `resume`.

        It has the same problem, config, prompts and models, and no process runs it; None where there is none.
        """
        plan = what if isinstance(what, SearchPlan) else self.plan(what, config)
        return await find_resumable(self.store, plan.search)

    async def cancel(self, search: str) -> bool:
        """End a search before its time, keeping what it found; it can still be resumed.

        Returns True when that is done; False when the process that runs it was asked to, and will do so in a moment.
        Raises SearchEnded when it has ended already.
        """
        running = self._running.get(search)
        if running is not None:
            running.stop(cancellation(search))
            return False
        return await self.archive.cancel(search)

    def stop(self) -> int:
        """Stop every running search; return how many there are.

        Effects in flight are finished and stored, no new ones start; the searches end with SearchInterrupted.
        """
        for lifecycle in self._running.values():
            lifecycle.stop()
        return len(self._running)

    async def _result(
        self,
        what: Problem | str,
        config: SearchConfig | None,
        budget: Budget | None = None,
        *,
        search: str | None = None,
    ) -> SearchResult:
        result: SearchResult | None = None
        async with self.stream(what, config, budget=budget, search=search) as events:
            async for event in events:
                if isinstance(event, SearchFinished):
                    result = event.result
        if result is None:
            raise SearchInterrupted("the search was stopped before it ended: resume it with its id")
        return result

    async def _prepared(
        self,
        what: Problem | SearchPlan | str,
        config: SearchConfig | None,
        budget: Budget | None,
        batch: Account,
        search: str | None,
    ) -> tuple[SearchPlan, bool]:
        """Return the plan of a new search, which is stored now, or of a stored one; and True for a stored one."""
        planned = what if isinstance(what, SearchPlan) else None
        if isinstance(what, str):
            search = what
        elif search is None or not await self.store.has_search(search):
            if not isinstance(what, SearchPlan):
                what = self.plan(what, config, budget=budget, batch=batch, search=search)
            await self._create(what.search)
            return what, False
        row = await self._resumed(search, budget, batch)
        return SearchPlan.stored(row, self.settings.prompts, planned), True

    async def _create(self, row: Search) -> None:
        models = await self._open_models(row)
        await models.check()
        await self.store.add_search(row)

    async def _resumed(self, search: str, budget: Budget | None, batch: Account) -> Search:
        row = await self.store.search(search)
        STRATEGIES.find(row.config.strategy)
        row = row.model_copy(update={"config": _within(row.config, budget)})
        refuse_unpriced(row, self.prices, batch.budget)
        models = await self._open_models(row)
        await models.check()
        return row

    async def _open_executor(self, stack: AsyncExitStack) -> Executor:
        if self._given_executor is not None:
            return self._given_executor
        return await stack.enter_async_context(executor_of(self.settings.executor))

    def _default_config(self) -> SearchConfig:
        return default_config(self.settings, small=self._models.small)

    async def _open_models(self, row: Search) -> Models:
        return await self._models.open((row.programmer, row.critic, row.tester))

    async def _run(
        self, plan: SearchPlan, models: Models, batch: Account, *, resumed: bool, cancelled: anyio.Event, emit: Emit
    ) -> None:
        started, row = time.monotonic(), plan.search
        account = await open_account(self.store, row, self.prices, batch)
        goes_on = not row.has_ended or (row.out_of_budget and not account.exhausted())
        if resumed and goes_on:
            await self.store.reopen(row)
            row = await self.store.search(row.id)

        async def tell(event: AnyEvent) -> None:
            log.debug(event.kind, **event.model_dump(mode="json", exclude={"kind", "result"}))
            if not isinstance(event, (CallStarted, CallProgress, CallFinished)):  # a call is a row of its own
                self.store.record(event)
            await emit(event)

        context = SearchContext(
            row=row,
            store=self.store,
            journal=await self.store.journal(row.id),
            programmer=models.programmer,
            critic=models.critic,
            tester=models.tester,
            executor=self.executor,
            prompts=plan.prompts,
            strategy=plan.strategy,
            emit=tell,
            prices=self.prices,
            account=account,
            trace=open_trace(self.settings),
            begun=await self.store.has_begun(row.id),
        )
        start = context.state()
        at_most = context.strategy.at_most(start) + shared(row, context.strategy.ask(start))
        await tell(SearchStarted(search=row.id, problem=row.problem.id, resumed=context.begun, at_most=at_most))
        if resumed:
            for event in past_events(row, await self.store.tree(row.id)):
                await emit(event)
        with context.trace.search(row.id, row.problem.id) as found:
            if goes_on:
                self._running[row.id] = context.lifecycle
                try:
                    await walk(context, cancelled)
                finally:
                    del self._running[row.id]
            result = await summarise(self.store, row.id, context.journal.tally, time.monotonic() - started)
            found(result)
        await tell(SearchFinished(search=row.id, result=result))


def solve(problem: Problem, config: SearchConfig | None = None, settings: Settings | None = None) -> SearchResult:
    """Run `Agent.solve` from scripts and notebooks, with no event loop or one that is running."""

    async def run() -> SearchResult:
        async with Agent(settings) as agent:
            return await agent.solve(problem, config)

    with start_blocking_portal() as portal:
        return portal.call(run)


def default_config(settings: Settings, *, small: bool | None = None) -> SearchConfig:
    """Return the settings' search, else the paper's numbers, or the quick ones on the embedded model, with the roles'.

    `small` is True when the programmer is an embedded model; None: as the settings say.
    """
    small = is_small(settings) if small is None else small
    config = settings.search or (QUICK if small else SearchConfig())
    return config.model_copy(update=settings.sampling)


def _within(config: SearchConfig, budget: Budget | None) -> SearchConfig:
    return config if budget is None else config.model_copy(update={"budget": budget})
