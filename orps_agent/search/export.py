"""Takes a search out of the database, whole: for `orps export`, for the page, for other programs."""

from __future__ import annotations

from typing import Any

from orps_agent.domain.document import Call, SearchDocument, SearchFacts
from orps_agent.store import Store, Tally

from .summary import summarise


async def document(store: Store, search: str, *, texts: bool = False) -> SearchDocument:
    """Everything that is known of a search; with `texts`, also what every model call sent and got."""
    row = await store.search(search)
    found = await summarise(store, row.id, Tally(), 0.0)
    facts = SearchFacts(
        **row.model_dump(include=SearchFacts.model_fields.keys() - {"problem", "config", "verification", "winner"}),
        agreement=found.agreement,
        problem=row.problem,
        config=row.config,
        verification=row.verification,
        winner=found.winner and found.winner.id,
        why=found.why,
    )
    return SearchDocument.of(facts, await store.tree(row.id), await _calls(store, row.id, texts=texts))


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
