"""What the nodes of a search work with; it travels in LangGraph's runtime context, never in the state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict, TypeVar

import anyio
from pydantic import BaseModel

from orps_agent.budget.account import Account, Budget
from orps_agent.budget.prices import PriceTable
from orps_agent.domain.candidate import Candidate
from orps_agent.domain.events import AnyEvent
from orps_agent.domain.search import Search
from orps_agent.errors import CannotRun, ReplyError, SearchInterrupted
from orps_agent.llm.base import ChatModel, ModelReply
from orps_agent.prompts.messages import Prompts
from orps_agent.store import Effect, Effects, Request, Store
from orps_agent.strategies import AnyStrategy, StrategyState
from orps_agent.telemetry import Trace
from orps_agent.tools.executor import Executor

Result = TypeVar("Result", bound=BaseModel)


class SearchInput(TypedDict):
    """The id of a search that the store knows."""

    search: str


@dataclass
class SearchContext:
    """One search's view of the world."""

    row: Search
    store: Store
    journal: Effects
    programmer: ChatModel
    critic: ChatModel
    tester: ChatModel
    executor: Executor
    prompts: Prompts
    strategy: AnyStrategy
    emit: Callable[[AnyEvent], Awaitable[None]]
    prices: PriceTable = field(default_factory=lambda: PriceTable({}))
    account: Account = field(default_factory=lambda: Account(Budget()))
    trace: Trace = field(default_factory=Trace)
    stopping: anyio.Event = field(default_factory=anyio.Event)
    """Set when the search shall wind down: what is in flight is finished and stored, nothing new is begun."""
    idle: anyio.Event = field(default_factory=anyio.Event)
    """Set when a stopping search has nothing in flight any more."""
    error: CannotRun | None = None
    """Why the search cannot go on, if that is why it is stopping."""
    _in_flight: int = 0
    _known: dict[str, Candidate] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The search's id."""
        return self.row.id

    def state(self, stored: Mapping[str, Any] | None = None) -> StrategyState:
        """The strategy's state, as it is stored or as the search began with it."""
        known = stored or self.row.start
        state: StrategyState = self.strategy.load(known) if known else self.strategy.start()
        return state

    def effect(self, candidate: str, stage: str, attempt: int = 0) -> Effect:
        """The name of an effect of this search."""
        return Effect(search=self.id, candidate=candidate, stage=stage, attempt=attempt)

    def stop(self, error: CannotRun | None = None) -> None:
        """Begin nothing more; the first reason given is kept."""
        self.error = self.error or error
        self.stopping.set()
        self._settle()

    async def candidate(self, candidate: str) -> Candidate:
        """A candidate as far as it has come; its row is read once, as nobody else writes it."""
        if candidate not in self._known:
            self._known[candidate] = await self.store.candidate(self.id, candidate)
        return self._known[candidate]

    async def plan(self, candidates: Iterable[Candidate]) -> None:
        """Store candidates that are to be written, and learn how far an earlier run had come with them."""
        planned = list(candidates)
        await self.store.add_candidates(self.id, planned)
        known = await self.store.candidates(self.id, (each.id for each in planned))
        self._known.update((each.id, each) for each in known)

    async def branch(self, candidate: str) -> list[Candidate]:
        """The branch from the first round down to a candidate, itself included."""
        return [await self.candidate(each) for each in (await self.candidate(candidate)).branch]

    async def attempts(self, candidate: str) -> list[Candidate]:
        """What else a candidate's programmer is shown: where earlier attempts from the same place led to."""
        return [await self.candidate(each) for each in (await self.candidate(candidate)).shown]

    async def write(self, candidate: str, *settles: str, **changed: object) -> Candidate:
        """Store what a stage learned. `settles` names the stages whose effects told nothing beyond it."""
        known = (await self.candidate(candidate)).model_copy(update=changed)
        self._known[candidate] = known
        await self.store.update_candidate(self.id, candidate, changed, settled=self.journal.settled(known, settles))
        return known

    def forget(self, candidates: Iterable[str]) -> None:
        """Let go of candidates that no prompt will quote any more."""
        for each in candidates:
            self._known.pop(each, None)

    async def call(self, effect: Effect, request: Request, do: Callable[[], Awaitable[ModelReply]]) -> ModelReply:
        """The journal's `call`, within a search that can stop."""
        return await self._unless_stopping(effect, lambda: self.journal.call(effect, request, do))

    async def execute(self, effect: Effect, result_type: type[Result], do: Callable[[], Awaitable[Result]]) -> Result:
        """The journal's `execute`, within a search that can stop."""

        async def traced() -> Result:
            with self.trace.execution(effect.candidate, effect.stage) as ran:
                result = await do()
                ran(result)
                return result

        with self.account.working():
            return await self._unless_stopping(effect, lambda: self.journal.execute(effect, result_type, traced))

    async def _unless_stopping(self, effect: Effect, do: Callable[[], Awaitable[Result]]) -> Result:
        """Do it, if it is stored already or the search goes on.

        When the search is stopping, or cannot go on because the endpoint, the sandbox or the store is gone, the
        caller waits here for the search's end: raising would make LangGraph cancel the candidate's siblings, and
        their replies, already paid for, would be lost. A ReplyError concerns this one call and is passed on.
        """
        if not self.stopping.is_set() or self.journal.is_finished(effect):
            self._in_flight += 1
            try:
                return await do()
            except ReplyError:
                raise
            except CannotRun as error:
                self.stop(error)
            finally:
                self._in_flight -= 1
                self._settle()
        await anyio.sleep_forever()
        raise SearchInterrupted(f"search {self.id} was stopped")

    def _settle(self) -> None:
        if self.stopping.is_set() and not self._in_flight:
            self.idle.set()
