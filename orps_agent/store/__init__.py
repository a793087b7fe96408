"""Stores of searches: what one must do (`base`), the one in a SQLite file, and the journal of effects done only once.

`orps_agent.store.memory` has another one, for tests, benchmarks and embedding.
"""

from .base import Store
from .effects import Effect, Effects, Request, Settled, Tally
from .journal import Journal
from .records import BenchRun, CallRecord, ExecutionRecord, Garbage, QueueEntry, SearchChanges, Token
from .sqlite import SqliteStore

__all__ = [
    "BenchRun",
    "CallRecord",
    "Effect",
    "Effects",
    "ExecutionRecord",
    "Garbage",
    "Journal",
    "QueueEntry",
    "Request",
    "SearchChanges",
    "Settled",
    "SqliteStore",
    "Store",
    "Tally",
    "Token",
]
