"""One owner a search: a lease in the search's row, because a checkpointer keeps nobody out."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import anyio

from orps_agent.errors import SearchOwned
from orps_agent.tasks import beside

from .store import SearchRow, Store

LEASE_SECONDS = 30.0
RENEW_SECONDS = 5.0


@asynccontextmanager
async def lease(store: Store, search: str) -> AsyncIterator[None]:
    """Hold the search for as long as the context lasts.

    A holder that died on this host is recognised by its pid; one on another host, by a lease that ran out.
    Raises SearchOwned with the holder's pid and host.
    """
    await _take(store, search)
    async with beside(partial(_renew, store, search)):
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await store.update_search(search, owner_pid=None, owner_host=None, lease_until=None)


async def _take(store: Store, search: str) -> None:
    row = await store.search(search)
    if _held(row):
        raise SearchOwned(
            f"search {search} is being worked on by process {row.owner_pid} on {row.owner_host}: "
            "wait for it, or stop it first"
        )
    until = time.time() + LEASE_SECONDS
    await store.change_owner(row, os.getpid(), _host(), until)
    taken = await store.search(search)
    if (taken.owner_pid, taken.owner_host, taken.lease_until) != (os.getpid(), _host(), until):
        raise SearchOwned(f"search {search} was taken by process {taken.owner_pid} just now: wait for it")


def _held(row: SearchRow) -> bool:
    if row.owner_pid is None or row.lease_until is None or row.lease_until < time.time():
        return False
    return row.owner_host != _host() or _alive(row.owner_pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def _renew(store: Store, search: str) -> None:
    while True:
        await anyio.sleep(RENEW_SECONDS)
        await store.update_search(search, lease_until=time.time() + LEASE_SECONDS)


def _host() -> str:
    return socket.gethostname()
