"""Keep the journal of effects: an outcome that was paid for is stored before the search continues, and then reused."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from orps_agent.domain.candidate import Candidate
from orps_agent.errors import OrpsError
from orps_agent.llm.base import ModelReply, ModelRequest

from .effects import Effect, EffectLog, Kind, Settled, Tally

Result = TypeVar("Result", bound=BaseModel)


@dataclass
class _Entry:
    """Count the tries of an effect, over all runs."""

    tries: int = 0
    finished: bool = False
    unknown: bool = False
    """True when a try was begun and its outcome is unknown."""


class Journal:
    """Carry out the effects of one search once, over any store's log: read finished ones back, do and store others."""

    def __init__(self, search: str, log: EffectLog) -> None:
        self.search = search
        self.tally = Tally()
        self._log = log
        self._entries: dict[tuple[str, str, int], _Entry] = {}
        self._fresh: dict[str, dict[Effect, BaseModel]] = {}

    async def load(self) -> None:
        """Load which effects earlier runs finished or only began."""
        for each in await self._log.tries():
            entry = _Entry(each.number, each.finished, each.unknown)
            self._entries[each.candidate, each.stage, each.attempt] = entry
            if each.finished:
                _add(self.tally.reused, each.kind)
        self.tally.reused_cost = await self._log.cost()

    def is_finished(self, effect: Effect) -> bool:
        """Return True when the result of the effect is stored."""
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
        """Return the stored reply, or make the call: store the intent, call, commit the reply, return it.

        A call without a stored outcome is made again, because it is unknown whether it happened; such repeats are
        counted. An error that `do` raises is stored and passed on, and the effect stays open.
        """
        if self.is_finished(effect):
            return await self.reply(effect)
        number = self._begin(effect, "model")
        await self._log.begin_call(effect, number, request, model, quoted)
        reply = await self._do("model", effect, number, do)
        await self._log.finish_call(effect, number, reply)
        self._finish(effect, "model", reply)
        return reply

    async def reply(self, effect: Effect) -> ModelReply:
        """Return the stored reply to a call."""
        fresh = self._fresh.get(effect.candidate, {}).get(effect)
        return fresh if isinstance(fresh, ModelReply) else await self._log.reply(effect)

    async def execute(self, effect: Effect, result_type: type[Result], do: Callable[[], Awaitable[Result]]) -> Result:
        """Return the stored result, or run: store the intent, execute, commit the result, return it; else as `call`."""
        if self.is_finished(effect):
            fresh = self._fresh.get(effect.candidate, {}).get(effect)
            return fresh if isinstance(fresh, result_type) else await self._log.result(effect, result_type)
        number = self._begin(effect, "execution")
        await self._log.begin_execution(effect, number)
        started = time.monotonic()
        result = await self._do("execution", effect, number, do)
        await self._log.finish_execution(effect, number, result, time.monotonic() - started)
        self._finish(effect, "execution", result)
        return result

    def settled(self, candidate: Candidate, stages: Iterable[str]) -> Settled:
        """Take the outcomes of these stages' effects, to be stored with the candidate that now contains them."""
        wanted = set(stages)
        fresh = self._fresh.get(candidate.id, {})
        settled = {effect: result for effect, result in fresh.items() if effect.stage in wanted}
        for effect in settled:
            del fresh[effect]
        if not fresh:
            self._fresh.pop(candidate.id, None)
        return Settled(candidate, settled)

    def _begin(self, effect: Effect, kind: Kind) -> int:
        entry = self._entries.setdefault(effect.place, _Entry())
        if entry.unknown:
            _add(self.tally.redone, kind)
        entry.tries += 1
        return entry.tries

    async def _do(self, kind: Kind, effect: Effect, number: int, do: Callable[[], Awaitable[Result]]) -> Result:
        try:
            return await do()
        except OrpsError as error:
            await self._log.fail(kind, effect, number, str(error))
            raise

    def _finish(self, effect: Effect, kind: Kind, result: BaseModel) -> None:
        self._entries[effect.place].finished = True
        self._fresh.setdefault(effect.candidate, {})[effect] = result
        _add(self.tally.done, kind)


def _add(counts: dict[Kind, int], kind: Kind) -> None:
    counts[kind] = counts.get(kind, 0) + 1
