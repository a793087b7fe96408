"""Give up rights of a process before it runs code that is not ours."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
MIB = 1 << 20


def limit(limits: dict[str, Any], extra_address_space: int) -> None:
    """Set the resource limits of this process, for good.

    Memory is limited twice: RLIMIT_DATA counts what is private and writable, which is what a solution uses up;
    RLIMIT_AS, with room for the interpreter and its libraries, also stops shared mappings. CPU time is not limited:
    the zygotes keep the wall time, and a CPU limit makes the kernel count CPU time in coarse ticks.
    """
    memory = limits["memory_mb"] * MIB
    for what, value in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_AS, memory + extra_address_space),
        (resource.RLIMIT_FSIZE, limits["file_mb"] * MIB),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_NPROC, limits["threads"]),
    ):
        try:
            resource.setrlimit(what, (value, value))
        except ValueError:  # the limits that we were started with are lower
            hard = resource.getrlimit(what)[1]
            resource.setrlimit(what, (hard, hard))


def be_countable() -> None:
    """Let our parent attach counters to this process, which it may not to one that is opaque."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent is gone; a fork does not inherit it."""
    with contextlib.suppress(OSError, AttributeError):  # not on Linux: tier 3, where nothing is promised
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def pin(core: int | None) -> None:
    """Stay on one core: two processes that take turns are faster there than when they have to wake another one."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


def seed() -> None:
    """Make `random` and numpy's numbers the same in every run of a test, as far as they are loaded."""
    for name in ("random", "numpy.random"):
        if name in sys.modules:
            sys.modules[name].seed(0)


def settle(user: int | None) -> None:
    """Settle a zygote: become another user when root, die with the parent, be opaque to children."""
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    die_with_parent()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # opaque to others of the same user
    for what in (resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK, resource.RLIMIT_MSGQUEUE):
        resource.setrlimit(what, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program that started us
