"""One owner a search: a lease in the search's row, because a checkpointer keeps nobody out.

Whoever wants the search to end leaves a word in the row; its owner finds it there.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio

from orps_agent.domain.search import Search
from orps_agent.errors import SearchEnded, SearchOwned
from orps_agent.store.sqlite.store import Store
from orps_agent.util.tasks import beside

LEASE_SECONDS = 30.0
RENEW_SECONDS = 10.0
LOOK_SECONDS = 2.0
"""How often an owner looks whether somebody wants the search to end."""


@asynccontextmanager
async def lease(store: Store, search: str) -> AsyncIterator[anyio.Event]:
    """Hold the search for as long as the context lasts; the event is set when somebody asks for its cancellation.

    A holder that died on this host is recognised by its pid; one on another host, by a lease that ran out.
    Raises SearchOwned with the holder's pid and host.
    """
    await _take(store, search)
    cancelled = anyio.Event()
    async with beside(partial(_renew, store, search, cancelled)):
        try:
            yield cancelled
        finally:
            with anyio.CancelScope(shield=True):
                await store.update_search(search, owner_pid=None, owner_host=None, lease_until=None)


async def left_behind(store: Store, planned: Search) -> str | None:
    """The id of the newest search that asks the same as a planned one, has not ended, and is worked on by nobody."""
    return next((row.id for row in await store.begun_as(planned) if not held(row)), None)


async def cancel(store: Store, search: str) -> bool:
    """End a search before its time, keeping what it found; it can still be resumed.

    True when that is done; False when its owner, a live process, was asked and will wind it down in a moment.
    Raises SearchEnded when there is nothing left to cancel.
    """
    row = await store.search(search)
    if row.status in ("finished", "cancelled"):
        raise SearchEnded(f"search {row.id} is {row.status} already: `orps show {row.id}` tells what it found")
    if held(row):
        await store.update_search(row.id, cancel_requested_at=time.time())
        return False
    await store.update_search(row.id, status="cancelled", reason="cancelled")
    return True


async def _take(store: Store, search: str) -> None:
    row = await store.search(search)
    if held(row):
        raise SearchOwned(
            f"search {search} is being worked on by process {row.owner_pid} on {row.owner_host}: "
            "wait for it, or stop it first"
        )
    until = time.time() + LEASE_SECONDS
    await store.change_owner(row, os.getpid(), _host(), until)
    taken = await store.search(search)
    if (taken.owner_pid, taken.owner_host, taken.lease_until) != (os.getpid(), _host(), until):
        raise SearchOwned(f"search {search} was taken by process {taken.owner_pid} just now: wait for it")


def held(row: Search) -> bool:
    """Whether a live process works on the search, as far as can be told from here."""
    if row.owner_pid is None or row.lease_until is None or row.lease_until < time.time():
        return False
    return row.owner_host != _host() or _alive(row.owner_pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:  # another system than Linux, or it has ended just now
        return True
    # A zombie has ended, but the first process of many containers never asks how.
    return stat.rpartition(")")[2].split()[0] != "Z"


async def _renew(store: Store, search: str, cancelled: anyio.Event) -> None:
    while True:
        for _ in range(round(RENEW_SECONDS / LOOK_SECONDS)):
            await anyio.sleep(LOOK_SECONDS)
            if await store.cancel_requested(search):
                cancelled.set()
        await store.update_search(search, lease_until=time.time() + LEASE_SECONDS)


def _host() -> str:
    return socket.gethostname()
