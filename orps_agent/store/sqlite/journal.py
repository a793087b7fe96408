"""The journal of effects: what was paid for is written down before anybody goes on, and never paid for again."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from pydantic import BaseModel

from orps_agent.domain.candidate import Candidate
from orps_agent.errors import OrpsError, StoreError
from orps_agent.llm.base import ModelReply, ModelRequest

from .effects import (
    Effect,
    Kind,
    call_answer,
    call_intent,
    call_settled,
    execution_answer,
    execution_intent,
    execution_settled,
    failure,
)
from .reader import Reader
from .texts import Recent
from .writer import Statement, Writer

Result = TypeVar("Result", bound=BaseModel)


@dataclass
class Tally:
    """What a run did, by kind of effect."""

    done: dict[Kind, int] = field(default_factory=dict)
    reused: dict[Kind, int] = field(default_factory=dict)
    """Found finished, from earlier runs."""
    redone: dict[Kind, int] = field(default_factory=dict)
    """Begun by an earlier run that did not live to store the outcome: possibly paid for twice."""
    reused_cost: float | None = 0.0
    """USD that the reused model calls had cost; None when that is not known of all."""


class Effects(Protocol):
    """Does effects once: the journal of a search that runs, or the record of one that is replayed."""

    tally: Tally

    def is_finished(self, effect: Effect) -> bool:
        """Whether the result of the effect is there already."""
        ...

    async def call(
        self,
        effect: Effect,
        request: ModelRequest,
        do: Callable[[], Awaitable[ModelReply]],
        *,
        model: str,
        quoted: Sequence[Candidate] = (),
    ) -> ModelReply:
        """A call of `model`; `quoted` are the candidates whose words the conversation may hold."""
        ...

    async def reply(self, effect: Effect) -> ModelReply:
        """The reply to a call that is finished."""
        ...

    async def execute(self, effect: Effect, result_type: type[Result], do: Callable[[], Awaitable[Result]]) -> Result:
        """An execution."""
        ...

    def settled(self, candidate: Candidate, stages: Iterable[str]) -> list[Statement]:
        """What to write with the candidate's columns now that they tell what these stages' effects told."""
        ...


@dataclass
class _Entry:
    """How far an effect has come, over all runs."""

    tries: int = 0
    finished: bool = False
    unknown: bool = False
    """A try was begun, and nobody knows how it ended."""


class Journal:
    """The effects of one search: read back when finished, done and stored when not."""

    def __init__(self, search: str, writer: Writer, reader: Reader) -> None:
        self.search = search
        self.tally = Tally()
        self._writer = writer
        self._reader = reader
        self._entries: dict[tuple[str, str, int], _Entry] = {}
        self._fresh: dict[str, dict[Effect, BaseModel]] = {}
        self._told = Recent()

    async def load(self) -> None:
        """Learn which effects earlier runs finished or only began."""
        for kind, candidate, stage, attempt, tries, finished, unknown in await self._reader.effects(self.search):
            self._entries[candidate, stage, attempt] = _Entry(tries, bool(finished), bool(unknown))
            if finished:
                _add(self.tally.reused, kind)
        self.tally.reused_cost = await self._reader.cost(self.search)

    def is_finished(self, effect: Effect) -> bool:
        """Whether the result of the effect is stored."""
        entry = self._entries.get(effect.place)
        return entry is not None and entry.finished

    async def call(
        self,
        effect: Effect,
        request: ModelRequest,
        do: Callable[[], Awaitable[ModelReply]],
        *,
        model: str,
        quoted: Sequence[Candidate] = (),
    ) -> ModelReply:
        """The stored reply, or ask: intent, call, commit of the reply, return.

        A call without a stored outcome is made again, because whether it happened cannot be known; such repeats are
        counted. What `do` raises is noted and passed on, and the effect stays open.
        """
        if self.is_finished(effect):
            return await self.reply(effect)
        number = self._begin(effect, "model")
        await self._intend(call_intent(effect, number, request, model, quoted, self._told))
        reply = await self._do("model", effect, number, do)
        await self._writer.write(call_answer(effect, number, reply))
        self._finish(effect, "model", reply)
        return reply

    async def reply(self, effect: Effect) -> ModelReply:
        """The stored reply to a call."""
        fresh = self._fresh.get(effect.candidate, {}).get(effect)
        return fresh if isinstance(fresh, ModelReply) else await self._reader.reply(effect)

    async def execute(self, effect: Effect, result_type: type[Result], do: Callable[[], Awaitable[Result]]) -> Result:
        """The stored result, or run: intent, execution, commit of the result, return; otherwise as `call`."""
        if self.is_finished(effect):
            fresh = self._fresh.get(effect.candidate, {}).get(effect)
            return fresh if isinstance(fresh, result_type) else await self._reader.result(effect, result_type)
        number = self._begin(effect, "execution")
        await self._writer.write(*execution_intent(effect, number))
        started = time.monotonic()
        result = await self._do("execution", effect, number, do)
        await self._writer.write(execution_answer(effect, number, result, time.monotonic() - started))
        self._finish(effect, "execution", result)
        return result

    def settled(self, candidate: Candidate, stages: Iterable[str]) -> list[Statement]:
        """What to write with the candidate's columns now that they tell what these stages' effects told."""
        wanted = set(stages)
        fresh = self._fresh.get(candidate.id, {})
        settled = {effect: result for effect, result in fresh.items() if effect.stage in wanted}
        for effect in settled:
            del fresh[effect]
        if not fresh:
            self._fresh.pop(candidate.id, None)
        return list(_settled(settled, candidate))

    def _begin(self, effect: Effect, kind: Kind) -> int:
        entry = self._entries.setdefault(effect.place, _Entry())
        if entry.unknown:
            _add(self.tally.redone, kind)
        entry.tries += 1
        return entry.tries

    async def _intend(self, intent: Iterator[Statement]) -> None:
        try:
            await self._writer.write(*intent)
        except StoreError:
            self._told.clear()
            raise

    async def _do(self, kind: Kind, effect: Effect, number: int, do: Callable[[], Awaitable[Result]]) -> Result:
        try:
            return await do()
        except OrpsError as error:
            await self._writer.write(failure(kind, effect, number, str(error)))
            raise

    def _finish(self, effect: Effect, kind: Kind, result: BaseModel) -> None:
        self._entries[effect.place].finished = True
        self._fresh.setdefault(effect.candidate, {})[effect] = result
        _add(self.tally.done, kind)


def _settled(results: dict[Effect, BaseModel], candidate: Candidate) -> Iterator[Statement]:
    for effect, result in results.items():
        if isinstance(result, ModelReply):
            yield call_settled(effect, result, candidate)
        else:
            yield execution_settled(effect)


def _add(counts: dict[Kind, int], kind: Kind) -> None:
    counts[kind] = counts.get(kind, 0) + 1
