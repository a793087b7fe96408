"""The SQLite file: searches, candidates, and the journal of effects that are never done twice."""

from .effects import Effect, Request
from .journal import Effects, Journal, Tally
from .searches import SearchRow, choose
from .store import Store

__all__ = ["Effect", "Effects", "Journal", "Request", "SearchRow", "Store", "Tally", "choose"]
