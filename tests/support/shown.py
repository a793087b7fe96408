"""List the keys that readers of searches rely on, and store one search for each state."""

from __future__ import annotations

import os
import socket
import time
from typing import get_args

import anyio

from orps_agent.domain.search import SearchStatus
from orps_agent.store import QueueEntry, Store
from tests.support.samples import a_search

STATES: tuple[SearchStatus, ...] = get_args(SearchStatus)
RESULT_KEYS = {
    *("search", "problem", "winner", "first", "verification", "comparison", "reason", "written", "agreement", "why"),
    *("candidates", "calibration", "usage", "solved"),
}
DOCUMENT_KEYS = {"search", "candidates", "calls"}
DOCUMENTED_KEYS = {
    *("id", "created_at", "finished_at", "status", "reason", "problem", "config", "programmer", "critic", "tests_by"),
    *("agreement", "winner", "why", "verification", "comparison", "forked_from", "forked_at"),
}
HIDDEN_KEYS = {"owner_pid", "owner_host", "lease_until", "start", "cancel_requested_at"}
"""Fields that no reader may see."""


SHOWN: dict[str, SearchStatus] = {**{each: each for each in STATES}, "killed": "interrupted"}
"""The searches of `add_one_of_each`, and the state that each is shown in."""


async def add_one_of_each(store: Store) -> None:
    """Store a search for each state, whose id is the state's name, and one whose process was killed.

    None of them runs during a test: this process owns the running one, and the queued one's turn is in an hour.
    """
    for name, shown in SHOWN.items():
        entry = QueueEntry(name, "ann", 5) if name == "queued" else None
        status = "running" if name == "killed" else shown
        await store.add_search(a_search(name).model_copy(update={"status": status}), entry=entry)
    for status in ("interrupted", "cancelled", "finished"):
        await store.update_search(status, reason="on purpose")
    await store.postpone("queued", 3600)
    hour = time.time() + 3600
    async with await anyio.open_process(["true"]) as ended:
        await ended.wait()
    for name, pid in (("running", os.getpid()), ("killed", ended.pid)):
        await store.change_owner(await store.search(name), pid, socket.gethostname(), hour)
