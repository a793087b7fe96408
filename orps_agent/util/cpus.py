"""Which cores this process may use: the cpuset of a container, `taskset` or a batch system may leave it fewer."""

from __future__ import annotations

import os


def allowed_cores() -> list[int]:
    """Their numbers, sorted; where the system does not tell, as many as there are."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))
