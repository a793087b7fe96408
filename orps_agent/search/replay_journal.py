"""Present the record of a search as a journal that makes no effects: it returns recorded results only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from orps_agent.domain.candidate import Candidate, Status, path_key
from orps_agent.domain.execution import ExecutionReport, TestResult, Verdict
from orps_agent.domain.search import Search
from orps_agent.errors import BudgetReached, NeverRecorded, ReplyError
from orps_agent.llm.base import ModelReply, ModelRequest
from orps_agent.store import CallRecord, Effect, Settled, Store, Tally, prompt_hash

Result = TypeVar("Result", bound=BaseModel)


@dataclass(frozen=True)
class _Call:
    """Hold one recorded call, answered or failed."""

    effect: Effect
    prompt_hash: str
    sampling: tuple[object, ...]
    error: str | None
    """Why there was no reply, if there was none."""

    def asks_the_same(self, effect: Effect, request: ModelRequest) -> bool:
        """Return True when it is a sample of the same request."""
        return (
            self.effect.stage == effect.stage
            and self.effect.attempt == effect.attempt
            and self.prompt_hash == prompt_hash(request)
            and self.sampling == (request.temperature, request.max_tokens)
        )


class Recording:
    """Answers from what a stored search was told.

    In an exact replay the call in the same place of the tree answers, and a prompt that differs is noted. Else a
    recorded call answers that asked the same with the same sampling settings, the one in the same place first, each
    of them once.
    """

    def __init__(self, store: Store, row: Search, *, exact: bool) -> None:
        self.search = row.id
        self.exact = exact
        self.tally = Tally()
        self.tree: dict[str, Candidate] = {}
        """The recorded candidates."""
        self.differences: list[str] = []
        self.missing: list[str] = []
        """Candidates that the record does not know, or not to their end."""
        self._store = store
        self._row = row
        self._calls: dict[tuple[str, str, int], _Call] = {}
        self._replies: dict[Effect, ModelReply] = {}
        self._origins: dict[str, str] = {}
        """Ids of the recorded candidates that replies came from, by the replayed candidate."""

    async def load(self) -> None:
        """Read the record."""
        self.tree.update((each.id, each) for each in await self._store.tree(self.search))
        ended = [each for each in await self._store.calls(self.search) if each.status != "asked"]
        ended.sort(key=lambda each: (path_key(each.candidate), each.number))
        self._calls.update((call.effect.place, call) for call in map(_call, ended))

    @property
    def answered(self) -> int:
        """Return the number of calls answered so far."""
        return len(self._replies)

    def is_finished(self, effect: Effect) -> bool:
        """Always: whatever is not recorded will never be."""
        return True

    async def call(
        self,
        effect: Effect,
        request: ModelRequest,
        do: Callable[[], Awaitable[ModelReply]],
        *,
        model: str,
        quoted: Sequence[Candidate] = (),
    ) -> ModelReply:
        """Return the recorded reply, or raise the recorded ReplyError, or NeverRecorded when there is neither.

        Raises BudgetReached where the recorded search did.
        """
        found = self._match(effect, request)
        if found is None and self.exact and self._was_halted(effect.candidate):
            raise BudgetReached(f"the budget of the recorded search had no room for candidate {effect.candidate}")
        if found is None:
            self._miss(effect.candidate)
            raise NeverRecorded(f"the {effect.stage} of candidate {effect.candidate} was never recorded")
        if found.prompt_hash not in ("", prompt_hash(request)):
            self.differences.append(f"candidate {effect.candidate}: the prompt of its {effect.stage} differs")
        if found.error is not None:
            raise ReplyError(found.error)
        if effect.stage == "reason":
            self._origins[effect.candidate] = found.effect.candidate
        if not self.exact:
            del self._calls[found.effect.place]
        self._replies[effect] = await self._store.reply(found.effect)
        return self._replies[effect]

    async def reply(self, effect: Effect) -> ModelReply:
        """Return the reply that a call had before."""
        return self._replies[effect]

    async def execute(self, effect: Effect, result_type: type[Result], do: Callable[[], Awaitable[Result]]) -> Result:
        """Return the recorded result; all tests not run when it never finished, and no result of a contest."""
        if result_type is not ExecutionReport:
            return result_type.model_construct(words=None)
        origin = self._origins.get(effect.candidate, effect.candidate)
        known = self.tree.get(origin)
        if known is None or known.report is None:
            self._miss(effect.candidate)
            results = tuple(
                TestResult(name=test.name, verdict=Verdict.NOT_RUN, error="never recorded")
                for test in self._row.problem.tests.tests
            )
            return result_type.model_validate(ExecutionReport(results=results))
        return result_type.model_validate(known.report)

    def settled(self, candidate: Candidate, stages: Iterable[str]) -> Settled:
        """Settle nothing: the record stays as it is."""
        return Settled(candidate)

    def _match(self, effect: Effect, request: ModelRequest) -> _Call | None:
        here = self._calls.get(effect.place)
        if here is not None and (self.exact or here.asks_the_same(effect, request)):
            return here
        if self.exact:
            return None
        return next((each for each in self._calls.values() if each.asks_the_same(effect, request)), None)

    def _was_halted(self, candidate: str) -> bool:
        """Return True when the recorded search stopped here for its budget: at a call, or before planning the round."""
        known = self.tree.get(candidate)
        return self._row.out_of_budget and (known is None or known.status is Status.HALTED)

    def _miss(self, candidate: str) -> None:
        if candidate not in self.missing:
            self.missing.append(candidate)


def _call(record: CallRecord) -> _Call:
    return _Call(record.effect, record.prompt_hash, _sampling(record.parameters), record.error)


def _sampling(parameters: object) -> tuple[object, ...]:
    """Return the parameters of a call that determine the distribution of its replies."""
    told = parameters if isinstance(parameters, dict) else {}
    return told.get("temperature"), told.get("max_tokens")
