"""Store searches: the Protocols (`base`), the store in a SQLite file, and the journal of effects done only once.

`orps_agent.store.memory` contains another store, for tests, benchmarks and embedding.
"""

from .base import Store
from .effects import Effect, Effects, Settled, Tally, prompt_hash
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
    "SearchChanges",
    "Settled",
    "SqliteStore",
    "Store",
    "Tally",
    "Token",
    "prompt_hash",
    "store_of",
]
