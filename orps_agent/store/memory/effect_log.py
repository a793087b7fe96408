"""Log the effects of one search in memory."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from pydantic import BaseModel

from orps_agent.domain.candidate import Candidate
from orps_agent.errors import StoreError
from orps_agent.llm.base import ModelReply, ModelRequest
from orps_agent.store.effects import Effect, Kind, Result, Tries, parameters, prompt_hash
from orps_agent.store.records import CallRecord, ExecutionRecord

from .contents import PLACE, Contents, StoredCall, StoredExecution, Try


class MemoryEffects:
    """Implement `EffectLog` of store.effects."""

    def __init__(self, search: str, contents: Contents) -> None:
        self._calls = contents.calls.setdefault(search, {})
        self._executions = contents.executions.setdefault(search, {})

    async def tries(self) -> list[Tries]:
        calls = _tries("model", ((each, call.record) for each, call in self._calls.items()))
        return calls + _tries("execution", ((each, run.record) for each, run in self._executions.items()))

    async def cost(self) -> float | None:
        return total(each.record.cost for each in self._calls.values() if each.record.status == "answered")

    async def begin_call(
        self, effect: Effect, number: int, request: ModelRequest, model: str, quoted: Sequence[Candidate]
    ) -> None:
        record = CallRecord.model_validate(
            {
                "search": effect.search,
                "candidate": effect.candidate,
                "stage": effect.stage,
                "attempt": effect.attempt,
                "number": number,
                "role": request.role,
                "model": model,
                "status": "asked",
                "started_at": time.time(),
                "parameters": parameters(request),
                "prompt_hash": prompt_hash(request),
            }
        )
        messages: list[tuple[str, str]] = [(message.role, message.content) for message in request.messages]
        self._calls[effect, number] = StoredCall(record, messages)

    async def finish_call(self, effect: Effect, number: int, reply: ModelReply) -> None:
        call = self._calls[effect, number]
        told = {name: getattr(reply, name) for name in CallRecord.model_fields.keys() & ModelReply.model_fields.keys()}
        call.record, call.reply = call.record.model_copy(update={**told, "status": "answered"}), reply

    async def begin_execution(self, effect: Effect, number: int) -> None:
        record = ExecutionRecord(
            candidate=effect.candidate,
            stage=effect.stage,
            attempt=effect.attempt,
            number=number,
            status="asked",
            started_at=time.time(),
        )
        self._executions[effect, number] = StoredExecution(record)

    async def finish_execution(self, effect: Effect, number: int, result: BaseModel, seconds: float) -> None:
        run = self._executions[effect, number]
        run.record, run.result = run.record.model_copy(update={"status": "answered", "seconds": seconds}), result

    async def fail(self, kind: Kind, effect: Effect, number: int, error: str) -> None:
        if kind == "model":
            call = self._calls[effect, number]
            call.record = call.record.model_copy(update={"status": "failed", "error": error})
        else:
            run = self._executions[effect, number]
            run.record = run.record.model_copy(update={"status": "failed"})

    async def reply(self, effect: Effect) -> ModelReply:
        found = [call.reply for (each, _), call in self._calls.items() if each == effect and call.reply is not None]
        if not found:
            raise nothing_stored(effect)
        return found[0]

    async def result(self, effect: Effect, result_type: type[Result]) -> Result:
        found = [run.result for (each, _), run in self._executions.items() if each == effect and run.result is not None]
        if not found:
            raise nothing_stored(effect)
        return result_type.model_validate(found[0].model_dump())


def nothing_stored(effect: Effect) -> StoreError:
    """Make the error for an effect without an outcome."""
    return StoreError(f"{PLACE}: nothing is stored of {effect.search} {effect.candidate} {effect.stage}: do it first")


def total(values: Iterable[float | None]) -> float | None:
    """Return the sum; None when one of the values is None."""
    known = list(values)
    return None if None in known else sum(each for each in known if each is not None)


def _tries(kind: Kind, records: Iterable[tuple[Try, CallRecord | ExecutionRecord]]) -> list[Tries]:
    found: dict[Effect, Tries] = {}
    for (effect, number), record in records:
        before = found.get(effect, Tries(kind, *effect.place))
        found[effect] = Tries(
            kind,
            *effect.place,
            number=max(before.number, number),
            finished=before.finished or record.status == "answered",
            unknown=before.unknown or record.status == "asked",
        )
    return list(found.values())
