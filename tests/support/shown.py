"""What searches look like from outside: the keys that readers rely on, and one stored search for each state."""

from __future__ import annotations

import os
import socket
import time
from typing import get_args

from orps_agent.serve.queue import Queue

from orps_agent.domain.search import SearchStatus
from orps_agent.store import Store
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
"""They are no business of a reader."""


async def add_one_of_each(store: Store) -> None:
    """Store searches whose ids are the names of their states; none of them runs while a test looks.

    This process owns the running one, and the turn of the queued one comes in an hour.
    """
    for status in STATES:
        reason = {"interrupted": "on purpose", "cancelled": "cancelled", "finished": "rounds"}.get(status)
        await store.add_search(a_search(status).model_copy(update={"status": status}))
        await store.update_search(status, reason=reason)
    hour = time.time() + 3600
    await store.change_owner(await store.search("running"), os.getpid(), socket.gethostname(), hour)
    queue = Queue(store)
    await store.writer.write(queue.submission("queued", "ann", 5))
    await queue.postpone("queued", 3600)
