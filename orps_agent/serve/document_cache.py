"""Cache the JSON documents of searches: each is built once per change, for all clients that request it.

The document of a search with thousands of candidates takes a second of the event loop, and every open page of the
search requests one after each event.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import anyio
import anyio.to_thread

from orps_agent.archive import Archive
from orps_agent.domain.search import Search

_CAPACITY = 4
State = tuple[object, ...]


@dataclass
class _CachedDocument:
    lock: anyio.Lock = field(default_factory=anyio.Lock)
    state: State | None = None
    """State of the search before the document was built: the document may contain more than that, never less."""
    content: bytes = b""


class DocumentCache:
    """Cache the most recently requested documents."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._cached: OrderedDict[str, _CachedDocument] = OrderedDict()

    async def get(self, search: str) -> bytes:
        """Return the document of a search as JSON; raise UnknownSearch."""
        id_ = (await self._archive.search(search)).id
        cached = self._cached.setdefault(id_, _CachedDocument())
        self._cached.move_to_end(id_)
        if len(self._cached) > _CAPACITY:
            self._cached.popitem(last=False)
        async with cached.lock:
            state = await self._state(await self._archive.search(id_))
            if state != cached.state:
                document = await self._archive.document(id_)
                text = await anyio.to_thread.run_sync(document.model_dump_json)
                cached.state, cached.content = state, text.encode()
            return cached.content

    async def _state(self, search: Search) -> State:
        """Return a value that changes with every change of the search, of its model calls and of its executions."""
        return search.model_dump_json(), await self._archive.store.version(search.id)
