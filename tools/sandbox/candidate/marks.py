"""What a candidate's process had cost when the solution began, told while our own code was still alone in it."""

from __future__ import annotations

import os
import resource
import select
import struct
import time
from typing import NamedTuple

_FORMAT = struct.Struct("qqq")


class Mark(NamedTuple):
    """CPU time, minor page faults and the clock at the moment when the solution began."""

    cpu_ns: int
    faults: int
    clock_ns: int


class Marks:
    """A pipe for the marks, and a gate at which a child waits until its counters are set up."""

    def __init__(self, *, gated: bool) -> None:
        self.reading, self._writing = os.pipe()
        os.set_blocking(self.reading, False)
        self._gate, self._opening = os.pipe() if gated else (-1, -1)
        self.gated = gated

    def for_child(self) -> list[int]:
        """The descriptors that `begin` needs, in its order."""
        return [self._writing, self._gate] if self.gated else [self._writing]

    def open_gate(self) -> None:
        """Let the one child that waits pass."""
        os.write(self._opening, b".")

    def take(self) -> Mark | None:
        """The mark of the child that just ended; None when it did not get as far as the solution."""
        if self.gated and select.select([self._gate], [], [], 0)[0]:
            os.read(self._gate, 4096)  # left by a child that died before it passed
        try:
            return Mark(*_FORMAT.unpack(os.read(self.reading, 4096)[: _FORMAT.size]))
        except BlockingIOError:
            return None


def begin(descriptors: list[int]) -> None:
    """In the child: leave the mark, wait at the gate if there is one, and give both away."""
    marker, *gates = descriptors
    usage = resource.getrusage(resource.RUSAGE_SELF)
    os.write(marker, _FORMAT.pack(time.process_time_ns(), usage.ru_minflt, time.monotonic_ns()))
    for gate in gates:
        os.read(gate, 1)
    for descriptor in descriptors:
        os.close(descriptor)
