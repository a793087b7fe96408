"""Read the kernel's counters, with a software event that every machine has."""

from __future__ import annotations

import mmap

import pytest

from orps_agent.tools.sandbox.candidate.counters import Counters, supported

PAGE_FAULTS = {"page_faults": (1, 2)}


def test_what_happens_after_opening_is_counted() -> None:
    try:
        counters = Counters(0, PAGE_FAULTS)
    except OSError:
        pytest.skip("perf_event_open is not allowed here")
    with mmap.mmap(-1, 64 * mmap.PAGESIZE) as memory:
        for place in range(0, len(memory), mmap.PAGESIZE):
            memory[place] = 1
        counted = counters.read()
    counters.close()
    assert counted["page_faults"] >= 64


def test_an_event_that_does_not_exist_is_refused() -> None:
    assert supported({"nothing": (0, 10_000)}) == {}
    with pytest.raises(OSError, match="no such counter here"):
        Counters(0, {"nothing": (0, 10_000)})
