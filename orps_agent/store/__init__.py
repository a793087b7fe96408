"""The SQLite file: searches, candidates, and the journal of effects that are never done twice."""

from .registry import STORES, store_of
from .sqlite.effects import Effect, Request
from .sqlite.journal import Effects, Journal, Tally
from .sqlite.store import Store

__all__ = ["STORES", "Effect", "Effects", "Journal", "Request", "Store", "Tally", "store_of"]
