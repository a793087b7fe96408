"""Give each search one owner, by a lease in the search's row.

A request to cancel the search is stored in the row, where its owner reads it.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import anyio

from orps_agent.domain.search import Search
from orps_agent.errors import SearchEnded, SearchOwned
from orps_agent.util.tasks import background_tasks

from .base import Searches, Store
from .ownership import held, this_host

LEASE_SECONDS = 30.0
RENEW_SECONDS = 10.0
LOOK_SECONDS = 2.0
"""Seconds between an owner's checks for a request to cancel the search."""


@asynccontextmanager
async def lease(store: Searches, search: str) -> AsyncIterator[anyio.Event]:
    """Hold the search for as long as the context lasts; the event is set when its cancellation is requested.

    A dead holder on this host is recognised by its pid, one on another host by a lease that has expired.
    Raises SearchOwned with the holder's pid and host.
    """
    await _take(store, search)
    cancelled = anyio.Event()
    async with background_tasks(partial(_renew, store, search, cancelled)):
        try:
            yield cancelled
        finally:
            with anyio.CancelScope(shield=True):
                await store.update_search(search, owner_pid=None, owner_host=None, lease_until=None)


async def find_resumable(store: Searches, planned: Search) -> str | None:
    """Return the id of the newest search that equals a planned one in its task and can be resumed; None without one."""
    return next((row.id for row in await store.begun_as(planned) if not held(row)), None)


async def cancel(store: Store, search: str) -> bool:
    """End a search early, keeping its candidates; it can still be resumed.

    Returns True when it has ended, False when its owner is a live process, which will wind it down in a moment.
    Raises SearchEnded when there is nothing left to cancel.
    """
    row = await store.search(search)
    if row.status in ("finished", "cancelled"):
        raise SearchEnded(f"search {row.id} is {row.status} already: `orps show {row.id}` shows what it found")
    if held(row):
        await store.update_search(row.id, cancel_requested_at=time.time())
        return False
    if row.has_ended:  # it was queued to continue with a larger budget
        await store.leave_queue(row.id, status="finished")
    else:
        await store.leave_queue(row.id, status="cancelled", reason="cancelled")
    return True


async def _take(store: Searches, search: str) -> None:
    row = await store.search(search)
    if held(row):
        raise SearchOwned(
            f"search {search} is run by process {row.owner_pid} on {row.owner_host}: wait for it, or stop it first"
        )
    until = time.time() + LEASE_SECONDS
    await store.change_owner(row, os.getpid(), this_host(), until)
    taken = await store.search(search)
    if (taken.owner_pid, taken.owner_host, taken.lease_until) != (os.getpid(), this_host(), until):
        raise SearchOwned(f"search {search} was taken by process {taken.owner_pid} just now: wait for it")


async def _renew(store: Searches, search: str, cancelled: anyio.Event) -> None:
    while True:
        for _ in range(round(RENEW_SECONDS / LOOK_SECONDS)):
            await anyio.sleep(LOOK_SECONDS)
            if await store.cancel_requested(search):
                cancelled.set()
        await store.update_search(search, lease_until=time.time() + LEASE_SECONDS)
