"""Start and control a pair of zygotes, tester and candidate."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import anyio
import anyio.to_thread

from orps_agent.errors import ExecutorError

from .isolation import Launcher, Role, environment

_HEADER = struct.Struct(">I")
_START_SECONDS = 60.0
_SCRATCH = "/scratch"
# A thread that lasts: processes that it starts die with it, and a thread of anyio's pool ends when it has idled.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="orps-spawner")


class PairLost(Exception):
    """Signal that the pair died or broke off; the request in progress has no result."""


class Pair:
    """Hold two sandboxed interpreters that wait to be forked; one request at a time, and none after a PairLost."""

    def __init__(self, launcher: Launcher, file_mb: int) -> None:
        self.launcher = launcher
        self.file_mb = file_mb
        self.suites: dict[int, str | None] = {}
        """Suites that the tester has received, by number, and the error in each; None for a usable one."""
        self._processes: list[subprocess.Popen[bytes]] = []
        self._folders: list[str] = []
        self._control: socket.socket | None = None

    @classmethod
    async def start(cls, launcher: Launcher, file_mb: int) -> Pair:
        """Start both zygotes and wait until they are ready; raises ExecutorError when they do not start."""
        pair = cls(launcher, file_mb)
        with await anyio.to_thread.run_sync(tempfile.TemporaryFile) as complaints:
            try:
                await pair._spawn(complaints)
                with anyio.fail_after(_START_SECONDS):
                    await pair._receive()
            except (PairLost, TimeoutError, OSError) as error:
                await pair.close()
                complaints.seek(0)
                lines = complaints.read().decode(errors="replace").strip().splitlines()
                raise ExecutorError(f"the sandbox does not start: {lines[-1] if lines else error}") from error
            except BaseException:
                await pair.close()
                raise
        return pair

    async def _spawn(self, complaints: IO[bytes]) -> None:
        self._control, control = socket.socketpair()
        self._control.setblocking(False)
        ours, theirs = socket.socketpair()
        with control, ours, theirs:
            await self._spawn_one("candidate", theirs.fileno(), None, complaints)
            await self._spawn_one("tester", ours.fileno(), control.fileno(), complaints)

    async def _spawn_one(self, role: Role, link: int, control: int | None, complaints: IO[bytes]) -> None:
        def spawn() -> None:
            scratch = self._make_scratch() if self.launcher.needs_scratch else _SCRATCH
            self._processes.append(
                subprocess.Popen(
                    self.launcher.command(role, link, control, scratch, self.file_mb),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=complaints,
                    env=environment(scratch),
                    pass_fds=[link] if control is None else [link, control],
                    cwd="/",
                )
            )

        with anyio.CancelScope(shield=True):  # a started process must be registered, so that `close` ends it
            await asyncio.wrap_future(_SPAWNER.submit(spawn))

    def _make_scratch(self) -> str:
        folder = tempfile.mkdtemp(prefix="orps-")
        Path(folder).chmod(0o777)
        self._folders.append(folder)
        return folder

    async def request(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send one request and wait for its reply; PairLost when there is none. Close the pair after a cancellation."""
        body = json.dumps(message, separators=(",", ":")).encode()
        await self._send(_HEADER.pack(len(body)) + body)
        return await self._receive()

    async def _send(self, data: bytes) -> None:
        assert self._control is not None  # noqa: S101 - started
        view = memoryview(data)
        while view:
            try:
                view = view[self._control.send(view) :]
            except BlockingIOError:
                await anyio.wait_writable(self._control)
            except OSError as error:
                raise PairLost(f"the tester does not accept requests: {error}") from error

    async def _receive(self) -> dict[str, Any]:
        (length,) = _HEADER.unpack(await self._take(_HEADER.size))
        reply = json.loads(await self._take(length))
        assert isinstance(reply, dict)  # noqa: S101 - the tester's zygote sends nothing else
        return reply

    async def _take(self, count: int) -> bytes:
        assert self._control is not None  # noqa: S101 - started
        taken = bytearray()
        while len(taken) < count:
            await anyio.wait_readable(self._control)
            try:
                chunk = self._control.recv(min(count - len(taken), 1 << 20))
            except OSError as error:
                raise PairLost(f"the tester is gone: {error}") from error
            if not chunk:
                raise PairLost("the tester is gone")
            taken += chunk
        return bytes(taken)

    async def close(self) -> None:
        """Kill both zygotes with all processes that they started, and wait until all of them have ended."""
        for process in self._processes:
            process.kill()
        with anyio.CancelScope(shield=True):
            for process in self._processes:
                await _gone(process)
            for folder in self._folders:
                await anyio.to_thread.run_sync(_remove, folder)
        if self._control is not None:
            self._control.close()
        self._processes.clear()
        self._folders.clear()


async def _gone(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is None:
        watched = os.pidfd_open(process.pid)
        try:
            await anyio.wait_readable(watched)
        finally:
            os.close(watched)
        process.wait()


def _remove(folder: str) -> None:
    """Delete a scratch folder, whatever a candidate put into it."""
    # chmod and rm, because shutil.rmtree recurses and a hostile tree is deeper than the interpreter's stack
    for command in (["/bin/chmod", "-R", "u+rwX"], ["/bin/rm", "-rf"]):
        subprocess.run([*command, "--", folder], check=False, stderr=subprocess.DEVNULL)
