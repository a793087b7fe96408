"""Store effects and events of searches in memory."""

from __future__ import annotations

import time
from collections import Counter

from orps_agent.domain.events import AnyEvent, StoredEvent
from orps_agent.llm.base import ModelReply
from orps_agent.store.effects import Effect
from orps_agent.store.journal import Journal
from orps_agent.store.records import CallRecord, ExecutionRecord, StoredUsage

from .contents import MemoryPart
from .effect_log import MemoryEffects, nothing_stored, total


class MemoryHistories(MemoryPart):
    """Implement `Histories` of store.base."""

    async def journal(self, search: str) -> Journal:
        journal = Journal(search, MemoryEffects(search, self._contents))
        await journal.load()
        return journal

    async def messages(self, effect: Effect) -> list[tuple[str, str]]:
        calls = self._contents.calls.get(effect.search, {})
        numbers = [number for each, number in calls if each == effect]
        if not numbers:
            raise nothing_stored(effect)
        return list(calls[effect, max(numbers)].messages)

    async def reply(self, effect: Effect) -> ModelReply:
        return await MemoryEffects(effect.search, self._contents).reply(effect)

    async def calls(self, search: str) -> list[CallRecord]:
        records = [each.record for each in self._contents.calls.get(search, {}).values()]
        return sorted(records, key=lambda each: each.started_at)

    async def executions(self, search: str) -> list[ExecutionRecord]:
        records = [each.record for each in self._contents.executions.get(search, {}).values()]
        return sorted(records, key=lambda each: each.started_at)

    async def calls_by_candidate(self, search: str) -> dict[str, int]:
        return dict(Counter(each.candidate for each in await self.calls(search) if each.status == "answered"))

    async def usage(self, search: str) -> StoredUsage:
        calls, runs = await self.calls(search), await self.executions(search)
        answered = [each for each in calls if each.status == "answered"]
        cached = [each.cached_tokens for each in answered if each.cached_tokens is not None]
        return {
            "model_calls": len(answered),
            "failed_model_calls": sum(each.status == "failed" for each in calls),
            "executions": sum(each.status == "answered" for each in runs),
            "prompt_tokens": _whole(total(each.prompt_tokens for each in answered)),
            "cached_tokens": sum(cached) if cached else None,
            "completion_tokens": _whole(total(each.completion_tokens for each in answered)),
            "cost": total(each.cost for each in answered),
        }

    def record(self, event: AnyEvent) -> None:
        told = event.model_dump(mode="json", exclude={"kind", "search", "result"}, exclude_defaults=True)
        stored = StoredEvent(
            id=next(self._contents.event_numbers), at=time.time(), search=event.search, kind=event.kind, told=told
        )
        self._contents.events.setdefault(event.search, []).append(stored)

    async def flush(self) -> None:
        """Wait for nothing: every write is done when its method returns."""

    async def has_begun(self, search: str) -> bool:
        return bool(self._contents.events.get(search))

    async def events(self, search: str, *, after: int = 0, limit: int = 1000) -> list[StoredEvent]:
        return [each for each in self._contents.events.get(search, []) if each.id > after][:limit]

    async def last_event(self, search: str) -> int:
        told = self._contents.events.get(search)
        return told[-1].id if told else 0

    async def seconds(self, search: str) -> float:
        runs: list[list[float]] = [[]]
        for each in self._contents.events.get(search, []):
            if each.kind == "search_started":
                runs.append([])
            runs[-1].append(each.at)
        return sum((max(run) - min(run) for run in runs if run), 0.0)

    async def version(self, search: str) -> object:
        calls, runs = await self.calls(search), await self.executions(search)
        done = [sum(each.seconds is not None for each in records) for records in (calls, runs)]
        statuses = tuple(each.status for each in self._contents.candidates.get(search, {}).values())
        return await self.last_event(search), len(calls), len(runs), *done, statuses


def _whole(tokens: float | None) -> int | None:
    return None if tokens is None else int(tokens)
