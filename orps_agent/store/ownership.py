"""Determine from a stored search whether a process works on it, and so its present status."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

from orps_agent.domain.search import Search


def held(search: Search) -> bool:
    """Return True when a live process works on the search, as far as this machine can determine.

    A process on this host is recognised by its pid, one on another host by a lease that has not expired.
    """
    if search.owner_pid is None or search.lease_until is None or search.lease_until < time.time():
        return False
    return search.owner_host != this_host() or _alive(search.owner_pid)


def as_seen(search: Search, *, waiting: bool) -> Search:
    """Return the stored search with the status that it has now.

    A process that was killed could not store that its search is interrupted; and a search that is still in the queue
    (`waiting`) belongs to the service, which continues it in its turn, however its last run ended.
    """
    if search.status not in ("queued", "running", "interrupted"):
        return search
    if search.status != "interrupted" and held(search):
        # A search that a service has put back into its queue may be run by a command meanwhile.
        return search.model_copy(update={"status": "running"})
    if search.status == "queued":
        return search
    return search.model_copy(update={"status": "queued" if waiting else "interrupted"})


def this_host() -> str:
    """Return the name under which this machine owns searches."""
    return socket.gethostname()


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
    # A zombie has ended, but the first process of many containers never reaps it.
    return stat.rpartition(")")[2].split()[0] != "Z"
