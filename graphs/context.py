"""What the nodes of a search work with; it travels in LangGraph's runtime context, never in the state."""

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
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    begun: bool = False
    """True when an earlier run of the search has told events: it opened the rounds whose candidates are stored."""
    _known: dict[str, Candidate] = field(default_factory=dict)
    _stored: dict[str, Outline] | None = None

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

    def model(self, role: Role) -> ChatModel:
        """Return the model that plays a role."""
        return {"programmer": self.programmer, "critic": self.critic, "tester": self.tester}[role]

    async def candidate(self, candidate: str) -> Candidate:
        """A candidate as far as it has come; its row is read once, as nobody else writes it."""
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

    async def call(
        self,
        effect: Effect,
        request: ModelRequest,
        quoted: Sequence[Candidate],
        do: Callable[[], Awaitable[ModelReply]],
    ) -> ModelReply:
        """Make a model call by the journal, in a search that can stop."""
        model = self.model(request.role).name
        return await self._carry_out(effect, lambda: self.journal.call(effect, request, do, model=model, quoted=quoted))

    async def execute(self, effect: Effect, result_type: type[Result], do: Callable[[], Awaitable[Result]]) -> Result:
        """Execute by the journal, in a search that can stop."""

        async def traced() -> Result:
            with self.trace.execution(effect.candidate, effect.stage) as ran:
                result = await do()
                ran(result)
                return result

        with self.account.working():
            return await self._carry_out(effect, lambda: self.journal.execute(effect, result_type, traced))

    async def _carry_out(self, effect: Effect, act: Callable[[], Awaitable[Result]]) -> Result:
        return await self.lifecycle.carry_out(act, stored=self.journal.is_finished(effect))
