"""Store searches: the Protocols (`base`), the store in a SQLite file, and the journal of effects done only once.

`orps_agent.store.memory` contains another store, for tests, benchmarks and embedding.
"""

from .base import Store
from .effects import Effect, Effects, Request, Settled, Tally
from .journal import Journal
from .records import BenchRun, CallRecord, ExecutionRecord, Garbage, QueueEntry, SearchChanges, Token
from .registry import STORES, store_of
from .sqlite import SqliteStore

__all__ = [
    "STORES",
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
    "store_of",
]
