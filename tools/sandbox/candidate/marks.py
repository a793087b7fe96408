"""Record the costs of a candidate's process at the moment when the solution begins, before any of its code runs."""

from __future__ import annotations

import os
import resource
import select
import struct
import time
from typing import NamedTuple

_FORMAT = struct.Struct("qqq")


class Mark(NamedTuple):
    """Hold CPU time, minor page faults and the clock at the moment when the solution began."""

    cpu_ns: int
    faults: int
    clock_ns: int


class Marks:
    """Receive marks through a pipe, and hold children at a gate until their counters are set up."""

    def __init__(self, *, gated: bool) -> None:
        self.reading, self._writing = os.pipe()
        os.set_blocking(self.reading, False)
        self._gate, self._opening = os.pipe() if gated else (-1, -1)
        self.gated = gated

    def for_child(self) -> list[int]:
        """Return the descriptors that `begin` needs, in its order."""
        return [self._writing, self._gate] if self.gated else [self._writing]

    def open_gate(self) -> None:
        """Let the one child that waits pass."""
        os.write(self._opening, b".")

    def take(self) -> Mark | None:
        """Return the mark of the child that just ended; None when it did not get as far as the solution."""
        if self.gated and select.select([self._gate], [], [], 0)[0]:
            os.read(self._gate, 4096)  # left by a child that died before it passed
        try:
            return Mark(*_FORMAT.unpack(os.read(self.reading, 4096)[: _FORMAT.size]))
        except BlockingIOError:
            return None


def begin(descriptors: list[int]) -> None:
    """Write the mark, wait at the gate if there is one, and close both; called in the child."""
    marker, *gates = descriptors
    usage = resource.getrusage(resource.RUSAGE_SELF)
    os.write(marker, _FORMAT.pack(time.process_time_ns(), usage.ru_minflt, time.monotonic_ns()))
    for gate in gates:
        os.read(gate, 1)
    for descriptor in descriptors:
        os.close(descriptor)
