"""Searches as JSON documents, each made once for all who ask while nothing new has happened.

The document of a search with thousands of candidates takes a second of the event loop, and everybody who has its page
open asks for one when an event comes.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import anyio
import anyio.to_thread

from orps_agent.archive import Archive
from orps_agent.domain.search import Search

_KEPT = 4
State = tuple[object, ...]


@dataclass
class _Made:
    turn: anyio.Lock = field(default_factory=anyio.Lock)
    state: State | None = None
    """What was known of the search before the document was made: it may hold more, never less."""
    content: bytes = b""


class Documents:
    """The documents that were asked for last."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._made: OrderedDict[str, _Made] = OrderedDict()

    async def get(self, search: str) -> bytes:
        """A search's document as JSON; raises UnknownSearch."""
        id_ = (await self._archive.search(search)).id
        made = self._made.setdefault(id_, _Made())
        self._made.move_to_end(id_)
        if len(self._made) > _KEPT:
            self._made.popitem(last=False)
        async with made.turn:
            state = await self._state(await self._archive.search(id_))
            if state != made.state:
                document = await self._archive.document(id_)
                text = await anyio.to_thread.run_sync(document.model_dump_json)
                made.state, made.content = state, text.encode()
            return made.content

    async def _state(self, search: Search) -> State:
        """Changes with whatever a search tells, and with every call and every run of it."""
        return search.model_dump_json(), await self._archive.store.version(search.id)
