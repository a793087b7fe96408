"""Check the defaults that depend on the machine."""

import os

from orps_agent.settings import ExecutorSettings


def test_no_more_candidates_run_at_once_than_there_are_cores_to_use() -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert ExecutorSettings().slots == 1
    finally:
        os.sched_setaffinity(0, allowed)
