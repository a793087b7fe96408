"""The SQLite file: searches, candidates, and the journal of effects that are never done twice."""

from orps_agent.store.sqlite.effects import Effect, Request
from orps_agent.store.sqlite.journal import Effects, Journal, Tally
from orps_agent.store.sqlite.searches import SearchRow, choose
from orps_agent.store.sqlite.store import Store

__all__ = ["Effect", "Effects", "Journal", "Request", "SearchRow", "Store", "Tally", "choose"]
