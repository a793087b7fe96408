"""What a process gives up before it runs code that is not ours."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from typing import Any

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
MIB = 1 << 20


def limit(limits: dict[str, Any], extra_address_space: int) -> None:
    """Set the resource limits of this process, for good.

    Memory is limited twice: RLIMIT_DATA counts what is private and writable, which is what a solution uses up;
    RLIMIT_AS, with room for the interpreter and its libraries, also stops shared mappings.
    """
    memory = limits["memory_mb"] * MIB
    seconds = int(limits["cpu_seconds"]) + 1
    for what, value in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_AS, memory + extra_address_space),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, limits["file_mb"] * MIB),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, limits["threads"]),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (value, value))


def settle(user: int | None) -> None:
    """What a zygote does first: become another user when root, die with its parent, be opaque to its children."""
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    with contextlib.suppress(OSError, AttributeError):  # not on Linux: tier 3, where nothing is promised
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # nobody of the same user may read or trace it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program that started us
