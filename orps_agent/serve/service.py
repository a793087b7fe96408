"""Run the service, without HTTP: queue submitted searches, run them in order of priority, store their outcomes."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import anyio

from orps_agent.agent import Agent, default_config
from orps_agent.domain.artifact import Program
from orps_agent.domain.events import CallFinished, CallProgress, CallStarted
from orps_agent.domain.search import ACTIVE, Search, SearchStatus
from orps_agent.errors import (
    CannotRun,
    KeyReused,
    OrpsError,
    SearchCancelled,
    SearchEnded,
    SearchInterrupted,
    StoreError,
    UsageError,
)
from orps_agent.search.fork import fork
from orps_agent.settings import Settings
from orps_agent.store import QueueEntry
from orps_agent.store.ownership import held
from orps_agent.telemetry import record_queue
from orps_agent.util.logs import log
from orps_agent.util.tasks import background_tasks

from .clients import Accounts
from .document_cache import DocumentCache
from .feed import Feed
from .intake import apply_changes, digest_of, problem_of
from .metrics import ServiceMetrics
from .schemas import Fork, Resumption, ServedSearch, Submission
from .tokens import Tokens

_POLL_SECONDS = 1.0
"""Seconds between reads of the queue when nothing has happened: a postponed search may be due."""


@dataclass
class _QueueRun:
    entry: QueueEntry
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    begun: bool = False
    """True once the agent runs the search, so that the agent's `stop` and `cancel` take effect on it."""


class Service:
    """Run submitted searches while the context is open, as many at the same time as the settings allow.

    async with Service(settings) as service:
        search, _ = await service.submit(Submission(problem=problem), ANONYMOUS)
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.agent = Agent(settings)
        self.archive = self.agent.archive
        self.store = self.agent.store
        self.tokens = Tokens(self.store)
        self.feed = Feed(self.store, self.ended)
        self.documents = DocumentCache(self.archive)
        self.metrics = ServiceMetrics()
        self.draining = False
        self._runs: dict[str, _QueueRun] = {}
        self._accounts = Accounts(self.agent, self.tokens)
        self._submitting = anyio.Lock()
        self._changed = anyio.Event()
        self._idle = anyio.Event()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.agent)
            await stack.enter_async_context(background_tasks(self._work))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def drain(self) -> None:
        """Start nothing more, stop the running searches, end the watchers; the next service continues the rest."""
        self.draining = True
        self.agent.stop()
        for run in self._runs.values():
            if not run.begun:
                run.scope.cancel()
        self._wake()
        await self._idle.wait()
        self.feed.close()

    async def submit(self, asked: Submission, client: str, *, key: str | None = None) -> tuple[ServedSearch, bool]:
        """Put a search into the queue; when this returns, it is stored. The second value is True for a new search.

        The same `key` with the same submission returns the same search. Raises UsageError when the search cannot be
        run as submitted.
        """
        digest = digest_of("submit", asked)
        async with self._submitting:
            if known := await self._find_by_key(client, key, digest):
                return known, False
            problem = await problem_of(asked)
            config = apply_changes(asked.config, default_config(self.settings))
            account = await self._accounts.open(client)
            planned = self.agent.plan(problem, config, budget=asked.budget, batch=account).search
            entry = QueueEntry(planned.id, client, asked.priority, key=key, digest=digest)
            await self.store.add_search(planned.model_copy(update={"status": "queued"}), entry=entry)
        self._wake()
        return await self.get(planned.id), True

    async def _find_by_key(self, client: str, key: str | None, digest: str) -> ServedSearch | None:
        """Return the search that a client created with this key, if any; raise KeyReused for a different request."""
        entry = await self.store.queue_entry_by_key(client, key) if key is not None else None
        if entry is None:
            return None
        if entry.digest != digest:
            raise KeyReused(f"idempotency key {key!r} was used for search {entry.search}: choose another one")
        return await self.get(entry.search)

    async def resume(self, search_id: str, asked: Resumption, client: str) -> ServedSearch:
        """Put a search that is not running back into the queue; raise SearchEnded when nothing is left to do."""
        search = await self.store.search(search_id)
        entry = await self.store.queue_entry(search.id)
        if self._state(search) in ACTIVE:
            return await self.get(search.id)
        if search.status == "finished" and not (search.out_of_budget and asked.budget):
            more = ": give it a larger budget" if search.out_of_budget else ", with nothing left to do"
            raise SearchEnded(f"search {search.id} is finished{more}")
        await self._accounts.open(entry.client if entry else client)
        config = search.config if asked.budget is None else search.config.model_copy(update={"budget": asked.budget})
        await self.store.enqueue(QueueEntry(search.id, client, asked.priority), config=config)
        self.feed.notify(search.id)
        self._wake()
        return await self.get(search.id)

    async def fork(self, search: str, asked: Fork, client: str, *, key: str | None = None) -> tuple[ServedSearch, bool]:
        """Put a fork of a search into the queue; in all other respects like `submit`."""
        source = await self.store.search(search)
        digest = digest_of(f"fork {source.id}", asked)
        async with self._submitting:
            if known := await self._find_by_key(client, key, digest):
                return known, False
            await self._accounts.open(client)
            new = secrets.token_hex(4)
            entry = QueueEntry(new, client, asked.priority, key=key, digest=digest)
            changes = asked.config.model_dump(exclude_unset=True) if asked.config else {}
            # Together with its entry in one transaction: a fork without a queue entry would never be run.
            await fork(
                self.store,
                source.id,
                asked.at,
                critique=asked.critique,
                solution=None if asked.code is None else Program(asked.code),
                changes=changes,
                new=new,
                entry=entry,
            )
        self._wake()
        return await self.get(new), True

    async def cancel(self, search_id: str) -> ServedSearch:
        """End a running search once its calls in flight are stored, or remove a search from the queue.

        A search that is already cancelled stays so; raises SearchEnded for a finished one.
        """
        search = await self.store.search(search_id)
        run = self._runs.get(search.id)
        if run is None and search.status == "cancelled":
            return await self.get(search.id)
        if run is None:
            await self.archive.cancel(search.id)
            await self.store.leave_queue(search.id)
            self.feed.notify(search.id)
        elif run.begun:
            await self.agent.cancel(search.id)
        else:
            run.scope.cancel()
        return await self.get(search.id)

    async def get(self, search_id: str) -> ServedSearch:
        """Return a search with its state in the service."""
        search = await self.store.search(search_id)
        return self._served(search, await self.store.queue_entry(search.id))

    async def latest(self, limit: int) -> list[ServedSearch]:
        """Return the latest searches, newest first."""
        searches = await self.store.searches(limit)
        entries = await self.store.queue_entries([search.id for search in searches])
        return [self._served(search, entries.get(search.id)) for search in searches]

    async def ended(self, search_id: str) -> bool:
        """Return True when a search neither runs nor waits in the queue."""
        return (await self.get(search_id)).state not in ACTIVE

    @property
    def running(self) -> int:
        """Return the number of running searches."""
        return len(self._runs)

    def _served(self, search: Search, entry: QueueEntry | None) -> ServedSearch:
        whose = {"client": entry.client, "priority": entry.priority} if entry else {}
        return ServedSearch(**search.header, **whose, state=self._state(search))

    def _state(self, search: Search) -> SearchStatus:
        # The owner of a held search may still have results to store.
        return "running" if search.id in self._runs or held(search) else search.status

    def _wake(self) -> None:
        self._changed.set()

    async def _work(self) -> None:
        """Start searches from the queue until the service drains; then wait for those that run."""
        async with anyio.create_task_group() as tasks:
            while not self.draining:
                self._changed = anyio.Event()
                while entry := await self._next():
                    self._runs[entry.search] = _QueueRun(entry)
                    tasks.start_soon(self._run, self._runs[entry.search])
                await self._record_queue_length()
                with anyio.move_on_after(_POLL_SECONDS):
                    await self._changed.wait()
        self._idle.set()

    async def _record_queue_length(self) -> None:
        if self.settings.telemetry:
            with suppress(StoreError):  # locked, perhaps for a while only
                record_queue(self.settings, max(0, await self.store.queue_length() - self.running), self.running)

    async def _next(self) -> QueueEntry | None:
        if self.draining or len(self._runs) >= self.settings.serve.concurrency:
            return None
        running = [run.entry.client for run in self._runs.values()]
        try:
            limits = {client: (await self._accounts.limits(client)).concurrency for client in {*running}}
            busy = [client for client, most in limits.items() if most is not None and running.count(client) >= most]
            return await self.store.next_in_queue(self._runs, busy)
        except StoreError as error:  # locked or full, perhaps for a while only
            log.error("the queue cannot be read", error=str(error))
            return None

    async def _run(self, run: _QueueRun) -> None:
        """Run one search to its end and store the outcome."""
        search = run.entry.search
        try:
            await self._settle(run)
        except StoreError as error:  # it stays in the queue until the file can be written again
            log.error("the outcome of a search could not be stored", search=search, error=str(error))
        finally:
            del self._runs[search]
            self.feed.notify(search)
            self._wake()

    async def _settle(self, run: _QueueRun) -> None:
        search = run.entry.search
        try:
            with run.scope:
                await self._search(run)
            if run.scope.cancelled_caught and self.draining:
                await self.store.update_search(search, status="queued")
            elif run.scope.cancelled_caught:
                await self.store.leave_queue(search, status="cancelled", reason="cancelled")
        except SearchCancelled:
            await self.store.leave_queue(search)
        except UsageError as error:
            await self._record_failure(run, error)
        except CannotRun as error:
            if isinstance(error, SearchInterrupted) and self.draining:
                await self.store.update_search(search, status="queued")
            else:
                await self._retry_later(run, error)
        except Exception as error:  # noqa: BLE001 - a bug in one search must not end all the others
            log.exception("a search failed with an unexpected error", search=search)
            await self._record_failure(run, OrpsError(f"{type(error).__name__}: {error}; this is a bug in orps"))

    async def _search(self, run: _QueueRun) -> None:
        account = await self._accounts.of(run.entry.client)
        async with self.agent.stream(run.entry.search, batch=account) as events:
            async for event in events:
                run.begun = True
                if self.draining:
                    self.agent.stop()  # it had not started when all searches were stopped
                self.metrics.count(event)
                if not isinstance(event, (CallStarted, CallProgress, CallFinished)):
                    await self.feed.notify_when_committed(run.entry.search)
        await self.store.leave_queue(run.entry.search)

    async def _retry_later(self, run: _QueueRun, error: CannotRun) -> None:
        """Postpone the search for another try, or record the error if its tries are used up."""
        serve = self.settings.serve
        if run.entry.tries + 1 >= serve.tries:
            await self._record_failure(run, error)
            return
        log.warning("a search will be retried later", search=run.entry.search, error=str(error))
        await self.store.postpone(run.entry.search, serve.retry_seconds)

    async def _record_failure(self, run: _QueueRun, error: OrpsError) -> None:
        log.warning("a search ended with an error", search=run.entry.search, error=str(error))
        await self.store.leave_queue(run.entry.search, status="interrupted", reason=str(error))
