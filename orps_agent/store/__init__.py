"""The SQLite file: searches, candidates, and the journal of effects that are never done twice."""

from .sqlite.effects import Effect, prompt_hash
from .sqlite.journal import Effects, Journal, Tally
from .sqlite.store import Store

__all__ = ["Effect", "Effects", "Journal", "Store", "Tally", "prompt_hash"]
