"""Read a whole search from the database: for `orps export`, for the page, for other programs."""

from __future__ import annotations

from typing import Any

from orps_agent.domain.document import Call, ExplainedSearch, SearchDocument
from orps_agent.store import Store, Tally

from .summary import summarise


async def document(store: Store, search: str, *, texts: bool = False) -> SearchDocument:
    """Return everything that is known of a search; with `texts`, also the messages and reply of every model call."""
    stored = await store.search(search)
    explained = ExplainedSearch.of(stored, await summarise(store, stored.id, Tally(), 0.0))
    return SearchDocument.of(explained, await store.tree(stored.id), await _calls(store, stored.id, texts=texts))


async def _calls(store: Store, search: str, *, texts: bool) -> list[Call]:
    calls = []
    for record in await store.calls(search):
        said: dict[str, Any] = {}
        if texts:
            said["messages"] = await store.messages(record.effect)
            said["reply"] = (await store.reply(record.effect)).text if record.status == "answered" else None
        calls.append(Call(**record.model_dump(include=_TOLD) | said))
    return calls


_TOLD = {*Call.model_fields} - {"messages", "reply"}
