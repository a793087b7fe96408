"""Fork one confined child per test from the candidate's zygote; watch, measure and end it from outside."""

from __future__ import annotations

import fcntl
import functools
import mmap
import os
import resource
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from ..shared import confine
from ..shared.seccomp import own_process
from ..shared.wire import MAX_FRAME, PROGRAM_FRAME, Channel, receive_descriptor, send_plain
from . import scratch, solution
from .capture import Capture
from .counters import HARDWARE, Counters, supported
from .marks import Marks, begin

_CONNECTION = 3
"""The descriptor of the connection in a candidate's process; those for its mark come after it."""


class CandidateZygote:
    """Serve the tester's zygote: `start` a child, `end` it, `collect` what the children printed."""

    def __init__(self, link: socket.socket, folder: str, *, filtered: bool) -> None:
        self._link = link
        self._scratch = Path(folder)
        self._filter = own_process() if filtered else None
        self._address_space = _address_space()
        self._out, self._err = Capture(), Capture()
        self._null = os.open(os.devnull, os.O_RDONLY)
        self._core: int | None = None
        self._events = supported(HARDWARE)
        self._marks = Marks(gated=bool(self._events))
        self._watcher = select.poll()
        for descriptor in (self._out.reading, self._err.reading):
            self._watcher.register(descriptor, select.POLLIN)

    def serve(self) -> None:
        """Serve requests of the tester's side until it closes the connection."""
        send_plain(self._link, {"ready": True})
        while True:
            message, connection = receive_descriptor(self._link)
            if "start" in message:
                assert connection is not None  # noqa: S101 - the examiner always sends it
                self._run(message["start"], connection)
            elif "reset" in message:
                send_plain(self._link, message)
            else:
                send_plain(self._link, self._printed())
                self._restart_captures(0)

    def _printed(self) -> dict[str, str]:
        return {"stdout": self._out.text(), "stderr": self._err.text()}

    def _restart_captures(self, keep: int) -> None:
        self._out.restart(keep)
        self._err.restart(keep)

    def _run(self, order: dict[str, Any], connection: int) -> None:
        if order["program"] or self._out.keep != order["keep"]:
            self._restart_captures(order["keep"])
        if order["core"] != self._core:
            self._core = order["core"]
            confine.pin(self._core)
        pid = os.fork()
        if pid == 0:
            self._become_candidate(order, connection)
        os.close(connection)
        process = os.pidfd_open(pid) if order["program"] or self._marks.gated else -1
        counting = self._count(pid, process) if self._marks.gated else None
        if order["program"] and self._drain_until({process, self._link.fileno()}) == process:
            send_plain(self._link, {"exited": True})
        if process >= 0:
            os.close(process)
        message = self._watch()
        report = self._finish(pid, message.get("end", 0))
        if counting is not None:
            report |= counting.read()
            counting.close()
        if order["program"]:
            report |= {**self._printed(), "overflow": self._out.overflowed}
        send_plain(self._link, {**message, **report})

    def _count(self, pid: int, process: int) -> Counters | None:
        """Set up the counters when the child is about to begin with the solution, and let it go on."""
        if self._drain_until({self._marks.reading, process, self._link.fileno()}) != self._marks.reading:
            return None
        try:
            return Counters(pid, self._events)
        except OSError:
            return None
        finally:
            self._marks.open_gate()

    def _watch(self) -> dict[str, Any]:
        """Drain the pipes until the tester's side sends `end` or `reset`; return that message."""
        self._drain_until({self._link.fileno()})
        message: dict[str, Any] = receive_descriptor(self._link)[0]
        return message

    def _drain_until(self, awaited: set[int]) -> int:
        """Read the candidate's output until one of these descriptors is ready; return that descriptor."""
        for descriptor in awaited:
            self._watcher.register(descriptor, select.POLLIN)
        while True:
            ready = [descriptor for descriptor, _ in self._watcher.poll()]
            self._drain(ready)
            for descriptor in awaited.intersection(ready):
                for each in awaited:
                    self._watcher.unregister(each)
                return descriptor

    def _drain(self, ready: list[int]) -> None:
        for capture in (self._out, self._err):
            if capture.reading in ready:
                capture.drain()

    def _finish(self, pid: int, patience: float) -> dict[str, Any]:
        """End the child and report what it cost: read while it still exists, by us, so it cannot be made up."""
        ended = time.monotonic_ns()
        died = _died(pid, patience)
        cpu = None
        if not died:
            cpu = time.clock_gettime_ns((~pid << 3) | 2)  # the kernel's number of that process's CPU clock
            os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
        self._drain([descriptor for descriptor, _ in self._watcher.poll(0)])
        scratch.empty(self._scratch)
        report: dict[str, Any] = {"died": status if died else None, "peak_kb": usage.ru_maxrss}
        mark = self._marks.take()
        if mark is not None:
            spent = int((usage.ru_utime + usage.ru_stime) * 1e9) if cpu is None else cpu
            report["cpu_ns"] = max(0, spent - mark.cpu_ns)
            report["faults"] = max(0, usage.ru_minflt - mark.faults)
            report["wall_ns"] = ended - mark.clock_ns
        return report

    def _become_candidate(self, order: dict[str, Any], connection: int) -> None:
        """Drop all rights and run the solution, in the child; never returns."""
        status = 1
        try:
            for source, target in ((self._null, 0), (self._out.writing, 1), (self._err.writing, 2)):
                os.dup2(source, target)
            kept = [connection, *self._marks.for_child()]
            spare = [fcntl.fcntl(each, fcntl.F_DUPFD, 64) for each in kept]
            for target, source in enumerate(spare, _CONNECTION):
                os.dup2(source, target)
            os.closerange(_CONNECTION + len(kept), 1 << 16)
            status = self._live(order, list(range(_CONNECTION + 1, _CONNECTION + len(kept))))
        finally:
            os._exit(status)

    def _live(self, order: dict[str, Any], markers: list[int]) -> int:
        channel = Channel(socket.socket(fileno=_CONNECTION), PROGRAM_FRAME if order["program"] else MAX_FRAME)
        if order["program"]:
            source, stdin = channel.receive()
            _become_stdin(stdin)
            channel.socket.close()
        if self._marks.gated:
            confine.be_countable()
        confine.die_with_parent()
        confine.limit(order["limits"], self._address_space)
        if self._filter is not None:
            self._filter.load(os.getpid())
        start = functools.partial(begin, markers)
        if order["program"]:
            return solution.run_program(source, start)
        solution.serve(channel, start)
        return 0


def _become_stdin(text: str) -> None:
    memory = os.memfd_create("stdin")
    with open(memory, "w", encoding="utf-8", closefd=False) as file:
        file.write(text)
    os.lseek(memory, 0, os.SEEK_SET)
    os.dup2(memory, 0)
    os.close(memory)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - it stays open


def _died(pid: int, patience: float) -> bool:
    """Return True when the child has ended by itself, or does so within `patience` seconds."""
    deadline = time.monotonic() + patience
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.001)
    return True


def _address_space() -> int:
    """Measure this process's address space in bytes: the lowest limit under which one more page can be mapped."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    low, high = 0, 1 << 42
    while high - low > 1 << 16:
        middle = (low + high) // 2
        resource.setrlimit(resource.RLIMIT_AS, (middle, hard))
        try:
            mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
            high = middle
        except (OSError, MemoryError):
            low = middle
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    return high
