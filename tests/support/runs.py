"""Start processes of `orps` and `python` without delay, as forks of a warm one (tests/support/warm.py)."""

from __future__ import annotations

import atexit
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from tests.support import ROOT

_SOCKET = "WARM_SOCKET"
_STAND_IN = """#!{python} -IS
import sys
sys.path.insert(0, {root!r})
from tests.support.runs import stand_in
stand_in({address!r})
"""


_ENVIRONMENT = dict(os.environ)
"""Environment before the first test, which changes it: the warm process must not depend on which test starts it."""
_starting = threading.Lock()


def address() -> str:
    """Return the socket of the warm process, started by the first caller.

    It serves all workers of a test run if the process that starts them has called this before, and ends with its
    starter.
    """
    with _starting:
        if _SOCKET not in os.environ:
            os.environ[_SOCKET] = _start()
        return os.environ[_SOCKET]


def _start() -> str:
    folder = Path(tempfile.mkdtemp())
    found = folder / "socket"
    command = [sys.executable, "-m", "tests.support.warm", str(found)]
    process = subprocess.Popen(command, cwd=ROOT, env=_ENVIRONMENT, start_new_session=True)

    def end() -> None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(folder)

    atexit.register(end)
    while not found.exists():
        assert process.poll() is None
        time.sleep(0.01)
    return str(found)


class Run:
    """Run one process, which is killed if it still runs when the context is left.

    `name` is `orps` or `python`; the process has this one's folder, and its environment with some changes.
    """

    def __init__(self, name: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        self._printed = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - open as long as it runs
        self.stdout = self.stderr = ""
        """Its complete output, once the context is left."""
        self.returncode: int | None = None
        with Path(os.devnull).open("rb") as nothing:
            known = {**os.environ, **(environment or {})}
            self._told = _ask(address(), name, arguments, known, (nothing, *self._printed))
        self.pid = int(self._told.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self.wait()
        self.stdout, self.stderr = self.printed()
        for each in (*self._printed, self._told):
            each.close()

    def printed(self) -> tuple[str, str]:
        """Return its output so far, on stdout and on stderr."""
        output, error = (os.pread(each.fileno(), os.fstat(each.fileno()).st_size, 0) for each in self._printed)
        return output.decode(errors="replace"), error.decode(errors="replace")

    def poll(self) -> int | None:
        """Return the exit code; None while it runs."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        """Wait for the end; raises TimeoutError when it does not come."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise TimeoutError(f"process {self.pid} still runs after {timeout:g} s: {self.printed()}")
            self.returncode = int(self._told.readline())
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # ended, and its end is not reported yet
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def stand_ins(folder: Path) -> None:
    """Write programs `orps` and `python` into a folder, for a PATH, whose runs are forks as well."""
    for name in ("orps", "python"):
        (folder / name).write_text(_STAND_IN.format(python=sys.executable, root=str(ROOT), address=address()))
        (folder / name).chmod(0o755)


def stand_in(address: str) -> None:
    """Act as one of these programs: run the command with this process's descriptors, and end as it does."""
    name, *arguments = sys.argv
    told = _ask(address, Path(name).name, arguments, dict(os.environ), (sys.stdin, sys.stdout, sys.stderr))
    process = int(told.readline())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os.kill(process, number))
    sys.exit(int(told.readline() or 70))


def _ask(
    address: str, name: str, arguments: Sequence[str], environment: Mapping[str, str], streams: Iterable[IO[Any]]
) -> IO[bytes]:
    """Request the run of a command; return a stream of two lines, its process id and its exit code."""
    asked = json.dumps([name, arguments, str(Path.cwd()), environment]).encode()
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        socket.send_fds(server, [b"%12d" % len(asked)], [each.fileno() for each in streams])
        server.sendall(asked)
        return cast("IO[bytes]", server.makefile("rb", buffering=0))  # a SocketIO
