"""Read the processor's counters for another process, through perf_event_open(2), where the machine allows it.

Most virtual machines and containers do not; then there is no count at all, which is not the same as a count of 0.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct

HARDWARE = {"instructions": (0, 1), "branch_misses": (0, 5)}
"""The events of a report: perf's type and number for each (include/uapi/linux/perf_event.h)."""
_SYSCALLS = {"x86_64": 298, "aarch64": 241}
_ATTRIBUTES = struct.Struct("IIQQQQQQQ")
_INHERIT, _EXCLUDE_KERNEL, _EXCLUDE_HYPERVISOR = 1 << 1, 1 << 5, 1 << 6


class Counters:
    """Count events of one process and of the threads that it starts from now on."""

    def __init__(self, pid: int, events: dict[str, tuple[int, int]]) -> None:
        """Start counting in user space; OSError when the kernel refuses or has no such event."""
        self._files: dict[str, int] = {}
        try:
            for name, (kind, number) in events.items():
                self._files[name] = _open(pid, kind, number)
        except OSError:
            self.close()
            raise

    def read(self) -> dict[str, int]:
        """Return the counts so far."""
        return {name: int.from_bytes(os.read(file, 8), "little") for name, file in self._files.items()}

    def close(self) -> None:
        """Stop counting."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()


def supported(events: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Return those of the events that this process may count on this machine."""
    return {name: event for name, event in events.items() if _works(name, event)}


def _works(name: str, event: tuple[int, int]) -> bool:
    try:
        Counters(0, {name: event}).close()
    except OSError:
        return False
    return True


def _open(pid: int, kind: int, number: int) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    flags = _INHERIT | _EXCLUDE_KERNEL | _EXCLUDE_HYPERVISOR
    attributes = _ATTRIBUTES.pack(kind, _ATTRIBUTES.size, number, 0, 0, 0, flags, 0, 0)
    call = _SYSCALLS.get(platform.machine(), -1)
    file = libc.syscall(call, attributes, pid, -1, -1, 8)  # any core, no group, close on exec
    if file < 0:
        raise OSError(ctypes.get_errno(), "no such counter here")
    return int(file)
