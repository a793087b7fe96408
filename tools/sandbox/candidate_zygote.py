"""The zygote of the candidate's side: one confined child per test, watched, measured and ended from outside."""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

from . import candidate, confine
from .capture import Capture
from .counters import HARDWARE, Counters, supported
from .seccomp import own_process
from .wire import MAX_FRAME, PROGRAM_FRAME, Channel, receive_descriptor, send_plain

_MARK = struct.Struct("qqq")
_CONNECTION, _MARKER, _GATE = 3, 4, 5
_MAX_LEFTOVERS = 5000
"""Files that a test may leave behind before it is cheaper to throw the whole sandbox away."""


class CandidateZygote:
    """Serves the tester's zygote: `start` a child, `end` it, `collect` what the children printed."""

    def __init__(self, link: socket.socket, scratch: str, *, filtered: bool) -> None:
        self._link = link
        self._scratch = Path(scratch)
        self._filter = own_process() if filtered else None
        self._address_space = _address_space()
        self._out, self._err = Capture(), Capture()
        self._marks, self._marker = os.pipe()
        os.set_blocking(self._marks, False)
        self._null = os.open(os.devnull, os.O_RDONLY)
        self._untouched = self._scratch.stat().st_ctime_ns
        self._core: int | None = None
        self._events = supported(HARDWARE)
        self._go = _Gate() if self._events else None
        self._watcher = select.poll()
        for descriptor in (link.fileno(), self._out.reading, self._err.reading):
            self._watcher.register(descriptor, select.POLLIN)

    def serve(self) -> None:
        """Do what the tester's side asks until it hangs up."""
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
        counting = self._count(pid) if self._go else None
        if order["program"]:
            self._announce_exit(pid)
        message = self._watch()
        report = self._finish(pid, message.get("end", 0))
        if counting is not None:
            report |= counting.read()
            counting.close()
        if order["program"]:
            report |= {**self._printed(), "overflow": self._out.overflowed}
        send_plain(self._link, {**message, **report})

    def _count(self, pid: int) -> Counters | None:
        """Set up the counters when the child is about to begin with the solution, and let it go on."""
        assert self._go is not None  # noqa: S101 - the caller asked
        self._watcher.register(self._marks, select.POLLIN)
        ready = self._drain_until({self._marks, self._link.fileno()})
        self._watcher.unregister(self._marks)
        if ready != self._marks:
            return None
        try:
            return Counters(pid, self._events)
        except OSError:
            return None
        finally:
            self._go.open()

    def _announce_exit(self, pid: int) -> None:
        """Wait for a program's own end and tell the tester's side, unless that loses patience first."""
        process = os.pidfd_open(pid)
        self._watcher.register(process, select.POLLIN)
        if self._drain_until({process, self._link.fileno()}) == process:
            send_plain(self._link, {"exited": True})
        self._watcher.unregister(process)
        os.close(process)

    def _watch(self) -> dict[str, Any]:
        """Drain the pipes until the tester's side says `end` or `reset`; what it said."""
        self._drain_until({self._link.fileno()})
        message: dict[str, Any] = receive_descriptor(self._link)[0]
        return message

    def _drain_until(self, awaited: set[int]) -> int:
        while True:
            ready = [descriptor for descriptor, _ in self._watcher.poll()]
            self._drain(ready)
            for descriptor in ready:
                if descriptor in awaited:
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
        if self._scratch.stat().st_ctime_ns != self._untouched:
            self._sweep()
        report: dict[str, Any] = {"died": status if died else None, "peak_kb": usage.ru_maxrss}
        if self._go:
            self._go.shut()
        mark = _last_mark(self._marks)
        if mark is not None:
            spent = int((usage.ru_utime + usage.ru_stime) * 1e9) if cpu is None else cpu
            report |= {"cpu_ns": max(0, spent - mark[0]), "faults": max(0, usage.ru_minflt - mark[1]),
                       "wall_ns": ended - mark[2]}  # fmt: skip
        return report

    def _sweep(self) -> None:
        """Remove what the child left in the scratch folder, so that it tells the next one nothing.

        Folders are emptied by moving their entries up, because a path through thousands of nested ones is too long.
        """
        with contextlib.suppress(PermissionError):  # ours only where there are no namespaces
            self._scratch.chmod(0o777)
        swept = 0
        while entries := list(self._scratch.iterdir()):
            for entry in entries:
                swept += 1
                if swept > _MAX_LEFTOVERS:
                    sys.exit("too many files to remove; the sandbox is thrown away instead")
                if entry.is_symlink() or not entry.is_dir():
                    entry.unlink()
                else:
                    self._flatten(entry, f".swept-{swept}")
        self._untouched = self._scratch.stat().st_ctime_ns

    def _flatten(self, folder: Path, prefix: str) -> None:
        folder.chmod(0o700)
        for number, inner in enumerate(list(folder.iterdir())):
            if inner.is_dir() and not inner.is_symlink():
                inner.chmod(0o700)  # a folder that may not be written to cannot be moved
            inner.rename(self._scratch / f"{prefix}-{number}")
        folder.rmdir()

    def _become_candidate(self, order: dict[str, Any], connection: int) -> None:
        """Never returns: in the child, give everything up and run the solution."""
        status = 1
        try:
            for source, target in ((self._null, 0), (self._out.writing, 1), (self._err.writing, 2)):
                os.dup2(source, target)
            kept = [connection, self._marker] + ([self._go.waiting] if self._go else [])
            spare = [fcntl.fcntl(each, fcntl.F_DUPFD, 64) for each in kept]
            for target, source in enumerate(spare, _CONNECTION):
                os.dup2(source, target)
            os.closerange(_CONNECTION + len(kept), 1 << 16)
            status = self._live(order)
        finally:
            os._exit(status)

    def _live(self, order: dict[str, Any]) -> int:
        channel = Channel(socket.socket(fileno=_CONNECTION), PROGRAM_FRAME if order["program"] else MAX_FRAME)
        if order["program"]:
            source, stdin = channel.receive()
            memory = os.memfd_create("stdin")
            os.write(memory, stdin.encode())
            os.lseek(memory, 0, os.SEEK_SET)
            os.dup2(memory, 0)
            sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - stays open
            os.close(memory)
            channel.socket.detach()
            os.close(_CONNECTION)
        begin = _mark
        if self._go is not None:
            confine.be_countable()
            begin = self._go.begin
        confine.die_with_parent()
        confine.limit(order["limits"], self._address_space)
        if self._filter is not None:
            self._filter.load(os.getpid())
        if order["program"]:
            return candidate.run_program(source, begin)
        candidate.serve(channel, begin)
        return 0


class _Gate:
    """Where a child waits, after its mark, until its counters are set up."""

    def __init__(self) -> None:
        self.waiting, self._opening = os.pipe()

    def open(self) -> None:
        """Let the one child that waits pass."""
        os.write(self._opening, b".")

    def shut(self) -> None:
        """Take back what a child left that died before it passed."""
        if select.select([self.waiting], [], [], 0)[0]:
            os.read(self.waiting, 4096)

    def begin(self) -> None:
        """In the child: leave the mark, then wait."""
        _mark()
        os.read(_GATE, 1)
        os.close(_GATE)


def _died(pid: int, patience: float) -> bool:
    """Whether the child ended by itself, or does within `patience` seconds."""
    deadline = time.monotonic() + patience
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.001)
    return True


def _mark() -> None:
    """Tell the zygote, while our own code is still alone here, what this process has cost until now."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    os.write(_MARKER, _MARK.pack(time.process_time_ns(), usage.ru_minflt, time.monotonic_ns()))
    os.close(_MARKER)


def _last_mark(pipe: int) -> tuple[int, int, int] | None:
    """The mark of the child that just ended; None when it did not get as far as the solution."""
    try:
        data = os.read(pipe, 4096)
    except BlockingIOError:
        return None
    return _MARK.unpack(data[: _MARK.size])


def _address_space() -> int:
    """How many bytes of address space this process has: the lowest limit under which one more page can be mapped."""
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
