"""Provide what the nodes of a search share; it travels in LangGraph's runtime context, never in its state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict, TypeVar

from pydantic import BaseModel

from orps_agent.budget.account import Account, Budget
from orps_agent.budget.prices import PriceTable
from orps_agent.domain.candidate import Candidate, Outline
from orps_agent.domain.events import AnyEvent
from orps_agent.domain.search import Search
from orps_agent.llm.base import ChatModel, ModelReply, ModelRequest
from orps_agent.prompts.messages import Prompts
from orps_agent.settings.endpoints import Role
from orps_agent.store import Effect, Effects, Store
from orps_agent.strategies import AnyStrategy, StrategyState
from orps_agent.telemetry import Trace
from orps_agent.tools.executor import Executor

from .lifecycle import Lifecycle

Result = TypeVar("Result", bound=BaseModel)


class SearchInput(TypedDict):
    """Hold the id of a stored search."""

    search: str


@dataclass
class SearchContext:
    """Hold everything that the nodes of one search use: store, journal, models, executor, budget, events."""

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
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    begun: bool = False
    """True when an earlier run has recorded events: it opened the rounds whose candidates are stored."""
    _known: dict[str, Candidate] = field(default_factory=dict)
    _stored: dict[str, Outline] | None = None

    @property
    def id(self) -> str:
        """Return the search's id."""
        return self.row.id

    def state(self, stored: Mapping[str, Any] | None = None) -> StrategyState:
        """Return the strategy's state: the given one, else the one that the search began with."""
        known = stored or self.row.start
        state: StrategyState = self.strategy.load(known) if known else self.strategy.start()
        return state

    def effect(self, candidate: str, stage: str, attempt: int = 0) -> Effect:
        """Return the name of an effect of this search."""
        return Effect(search=self.id, candidate=candidate, stage=stage, attempt=attempt)

    def model(self, role: Role) -> ChatModel:
        """Return the model of a role."""
        return {"programmer": self.programmer, "critic": self.critic, "tester": self.tester}[role]

    async def candidate(self, candidate: str) -> Candidate:
        """Return a candidate with all results so far; its row is read once, as no other process writes it."""
        if candidate not in self._known:
            self._known[candidate] = await self.store.candidate(self.id, candidate)
        return self._known[candidate]

    async def recall(self, candidates: Iterable[str]) -> dict[str, Outline]:
        """Return those of these candidates that were stored before this run, by id, without their texts."""
        if self._stored is None:
            self._stored = {each.id: each for each in await self.store.outline(self.id)}
        return {each: self._stored[each] for each in candidates if each in self._stored}

    async def plan(self, candidates: Iterable[Candidate]) -> None:
        """Store candidates that are to be written."""
        planned = list(candidates)
        await self.store.add_candidates(self.id, planned)
        self._known.update((each.id, each) for each in planned)

    async def branch(self, candidate: str) -> list[Candidate]:
        """Return the branch from the first round down to a candidate, itself included."""
        return [await self.candidate(each) for each in (await self.candidate(candidate)).branch]

    async def attempts(self, candidate: str) -> list[Candidate]:
        """Return the earlier attempts that a candidate's programmer is shown, besides its branch."""
        return [await self.candidate(each) for each in (await self.candidate(candidate)).shown]

    async def write(self, candidate: str, *settles: str, **changed: object) -> Candidate:
        """Store the results of a stage. `settles` names the stages whose effects contain nothing beyond them."""
        known = (await self.candidate(candidate)).model_copy(update=changed)
        self._known[candidate] = known
        await self.store.update_candidate(self.id, candidate, changed, settled=self.journal.settled(known, settles))
        return known

    def forget(self, candidates: Iterable[str]) -> None:
        """Drop candidates that no later prompt will quote."""
        for each in candidates:
            self._known.pop(each, None)

    async def call(
        self,
        effect: Effect,
        request: ModelRequest,
        quoted: Sequence[Candidate],
        do: Callable[[], Awaitable[ModelReply]],
    ) -> ModelReply:
        """Make a model call through the journal, unless the search is stopping."""
        model = self.model(request.role).name
        return await self._carry_out(effect, lambda: self.journal.call(effect, request, do, model=model, quoted=quoted))

    async def execute(self, effect: Effect, result_type: type[Result], do: Callable[[], Awaitable[Result]]) -> Result:
        """Run an execution through the journal, unless the search is stopping."""

        async def traced() -> Result:
            with self.trace.execution(effect.candidate, effect.stage) as ran:
                result = await do()
                ran(result)
                return result

        with self.account.working():
            return await self._carry_out(effect, lambda: self.journal.execute(effect, result_type, traced))

    async def _carry_out(self, effect: Effect, act: Callable[[], Awaitable[Result]]) -> Result:
        return await self.lifecycle.carry_out(act, stored=self.journal.is_finished(effect))
