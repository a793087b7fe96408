"""Find the cores that this process may use: a container's cpuset, `taskset` or a batch system may limit them."""

from __future__ import annotations

import os


def allowed_cores() -> list[int]:
    """Return the sorted core numbers; all cores where the system does not report a limit."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))
