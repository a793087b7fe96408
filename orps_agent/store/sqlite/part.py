"""Define the base of the store's parts: each holds one concern's tables, over the file's one reader and one writer."""

from __future__ import annotations

from .reader import Reader
from .writer import Writer

WAITING = "EXISTS (SELECT 1 FROM submissions WHERE submissions.search = searches.id AND done_at IS NULL)"
"""SQL condition: a row of `searches` is in the service's queue."""


class SqlitePart:
    """Hold tables of one file. A part uses no other one; SqliteStore combines all of them."""

    reader: Reader
    writer: Writer
