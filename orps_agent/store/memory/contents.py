"""Hold the contents of a store in memory: plain dictionaries, by the search's id where they belong to one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from orps_agent.domain.candidate import Candidate
from orps_agent.domain.events import StoredEvent
from orps_agent.domain.search import Search
from orps_agent.llm.base import ModelReply
from orps_agent.store.effects import Effect
from orps_agent.store.records import BenchRun, CallRecord, ExecutionRecord, QueueEntry, Token

PLACE = "memory"
"""Name of the store in errors about an unknown search."""
Try = tuple[Effect, int]


@dataclass
class StoredCall:
    """Hold one try of a model call."""

    record: CallRecord
    messages: list[tuple[str, str]]
    reply: ModelReply | None = None


@dataclass
class StoredExecution:
    """Hold one try of an execution."""

    record: ExecutionRecord
    result: BaseModel | None = None


@dataclass
class Submitted:
    """Hold an entry of the queue with its times."""

    entry: QueueEntry
    at: float
    not_before: float = 0.0


@dataclass
class Contents:
    """Hold all contents of a store, which its parts share."""

    searches: dict[str, Search] = field(default_factory=dict)
    candidates: dict[str, dict[str, Candidate]] = field(default_factory=dict)
    calls: dict[str, dict[Try, StoredCall]] = field(default_factory=dict)
    executions: dict[str, dict[Try, StoredExecution]] = field(default_factory=dict)
    events: dict[str, list[StoredEvent]] = field(default_factory=dict)
    event_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    queue: dict[str, Submitted] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    bench_records: dict[str, tuple[BenchRun, BaseModel]] = field(default_factory=dict)

    def forget(self, search: str) -> None:
        """Remove all data of a search except its bench record."""
        self.searches.pop(search, None)
        self.candidates.pop(search, None)
        self.calls.pop(search, None)
        self.executions.pop(search, None)
        self.events.pop(search, None)
        self.queue.pop(search, None)

    def change(self, search: str, changed: Mapping[str, Any]) -> None:
        """Set attributes of a search."""
        self.searches[search] = self.searches[search].model_copy(update=dict(changed))

    def waits(self, search: str) -> bool:
        """Return True when a search is in the queue."""
        return search in self.queue and not self.queue[search].entry.done


class MemoryPart:
    """Hold the shared contents for one concern of the store."""

    _contents: Contents
