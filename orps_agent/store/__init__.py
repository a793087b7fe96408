"""The SQLite file: searches, candidates, and the journal of effects that are never done twice."""

from .journal import Effect, Journal
from .store import SearchRow, Store

__all__ = ["Effect", "Journal", "SearchRow", "Store"]
