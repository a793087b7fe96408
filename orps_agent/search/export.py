"""Takes a search out of the database, whole: for `orps export`, for the page, for other programs."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import Any

from orps_agent.domain.document import Call, ExplainedSearch, SearchDocument
from orps_agent.store import Effect, Store, Tally

from .summary import summarise


async def document(store: Store, search: str, *, texts: bool = False) -> SearchDocument:
    """Everything that is known of a search; with `texts`, also what every model call sent and got."""
    stored = await store.search(search)
    explained = ExplainedSearch.of(stored, await summarise(store, stored.id, Tally(), 0.0))
    return SearchDocument.of(explained, await store.tree(stored.id), await _calls(store, stored.id, texts=texts))


async def _calls(store: Store, search: str, *, texts: bool) -> list[Call]:
    rows = await store.reader.rows(
        "SELECT candidate, stage, attempt, role, started_at, seconds, prompt_tokens, cached_tokens, completion_tokens,"
        " cost, status, finish FROM model_calls WHERE search = ? ORDER BY started_at",
        search,
    )
    calls = []
    for row in rows:
        effect = Effect(search, row["candidate"], row["stage"], row["attempt"])
        said: dict[str, Any] = {}
        if texts:
            said["messages"] = await store.messages(effect)
            said["reply"] = (await store.reader.reply(effect)).text if row["status"] == "answered" else None
        calls.append(store.reader.read(row, partial(_call, said=said)))
    return calls


def _call(row: sqlite3.Row, said: dict[str, Any]) -> Call:
    return Call.model_validate({name: row[name] for name in row.keys() if name != "attempt"} | said)  # noqa: SIM118
