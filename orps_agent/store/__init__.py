"""The SQLite file: searches, candidates, and the journal of effects that are never done twice."""

from .effects import Effect, Request
from .journal import Effects, Journal, Tally
from .store import SearchRow, Store, choose

__all__ = ["Effect", "Effects", "Journal", "Request", "SearchRow", "Store", "Tally", "choose"]
