"""Compares how soon the command of two checkouts is there, side by side.

    python -m perf.start --against OTHER_CHECKOUT

Both have an environment in `.venv`. In turns, this one and the other one, pair after pair, each does:

    help    `orps --help`, to its end
    list    `orps list` on a database of a few searches, to its end
    call    `orps solve` of a task in words, from the start of the process to the first request for a reply that arrives
            at an endpoint on loopback

Everything is done once before it is timed, so that bytecode and files are in their caches. Told are the medians of wall
time and of the process's own CPU time, and the ratios of this checkout to the other one within each pair. On a machine
that others use as well, go by CPU time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

REPLY = "Twice.\n```python\ndef double(n):\n    return 2 * n\n```\nSCORE: 5"
"""Serves as a solution, and as a critique of it."""
TASK = ("Write double(n): twice n.", "--test", "double(2) == 4", "--test", "double(5) == 10", "-n", "1", "-r", "1")
SEARCHES = 3
"""Number of searches in the listed database."""
_SCHED = 2
"""Of Linux's three clocks of a process, the one that counts what the scheduler gave to it (`clock_getcpuclockid`)."""


@dataclass(frozen=True)
class Taken:
    """Hold wall and CPU seconds."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Moment:
    """Hold a moment of a process: the clock and its CPU time."""

    wall: float
    """By the monotonic clock."""
    cpu: float
    """The seconds of CPU time that the process itself has used."""

    @classmethod
    def now(cls, process: int) -> Moment:
        """Look at both clocks."""
        return cls(time.monotonic(), time.clock_gettime((~process << 3) | _SCHED))


class Endpoint:
    """Answers chat calls on loopback, and knows when the first one of a process came in."""

    def __init__(self) -> None:
        self.process: int | None = None
        """Whose calls are awaited."""
        self.first: Moment | None = None
        """When that process called first; None before it has."""
        endpoint = self

        class Handler(_Handler):
            def heard(self) -> None:
                if endpoint.first is None and endpoint.process is not None:
                    endpoint.first = Moment.now(endpoint.process)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Serve in a thread for as long as the context lasts."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def expect(self, process: int) -> None:
        """Take the next call for the first one of this process."""
        self.process, self.first = process, None


class _Handler(BaseHTTPRequestHandler):
    """Speaks as much of the chat API as a search needs."""

    protocol_version = "HTTP/1.1"

    def heard(self) -> None:
        """Note that a reply is asked for."""

    def do_GET(self) -> None:
        """Tell which models there are."""
        self._answer({"data": [{"id": "served", "object": "model"}]})

    def do_POST(self) -> None:
        """Give the one reply, in one event where a stream of them is asked for."""
        self.heard()
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        usage = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
        known = {"id": "1", "created": 0, "model": "served", "usage": usage}
        said = {"role": "assistant", "content": REPLY}
        choice: dict[str, Any] = {"index": 0, "finish_reason": "stop"}
        if asked.get("stream"):
            piece = known | {"object": "chat.completion.chunk", "choices": [choice | {"delta": said}]}
            self._send(f"data: {json.dumps(piece)}\n\ndata: [DONE]\n\n".encode(), "text/event-stream")
        else:
            self._answer(known | {"object": "chat.completion", "choices": [choice | {"message": said}]})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Log nothing."""

    def _answer(self, document: dict[str, Any]) -> None:
        self._send(json.dumps(document).encode(), "application/json")

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@dataclass(frozen=True)
class Checkout:
    """Run the commands of a checkout with its own environment, in a folder for their files."""

    root: Path
    folder: Path
    endpoint: Endpoint

    def prepare(self) -> None:
        """Do everything once, and have a database to list."""
        (self.folder / "settings.toml").touch()
        self.help()
        for _ in range(SEARCHES):
            self._run("solve", *TASK, "--new", "--quiet", database="listed.db")
        self.list()
        self.call()

    def help(self) -> Taken:
        """Time `orps --help`."""
        return self._run("--help")

    def list(self) -> Taken:
        """Time `orps list`."""
        return self._run("list", database="listed.db")

    def call(self) -> Taken:
        """Time `orps solve` up to its first call."""
        started = time.monotonic()
        self._run("solve", *TASK, "--new", "--quiet", database="solved.db")
        if self.endpoint.first is None:
            raise SystemExit(f"{self.root}: `orps solve` has called no model")
        return Taken(self.endpoint.first.wall - started, self.endpoint.first.cpu)

    def _run(self, *arguments: str, database: str = "none.db") -> Taken:
        """Run the command to its end; raises SystemExit with what it printed when it fails."""
        command = [str(self.root / ".venv" / "bin" / "orps"), *arguments]
        with (self.folder / "printed").open("w+") as printed:
            started = time.monotonic()
            process = subprocess.Popen(
                command, env=self._environment(database), cwd=self.folder, stdout=printed, stderr=printed
            )
            self.endpoint.expect(process.pid)
            _, status, used = os.wait4(process.pid, 0)
            taken = Taken(time.monotonic() - started, used.ru_utime + used.ru_stime)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                printed.seek(0)
                raise SystemExit(f"{' '.join(command)}: {process.returncode}: {printed.read()}")
        return taken

    def _environment(self, database: str) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("ORPS", "OPENAI"))}
        return own | {
            "ORPS_CONFIG": str(self.folder / "settings.toml"),
            "ORPS_DB": str(self.folder / database),
            "ORPS_BASE_URL": self.endpoint.url,
            "ORPS_MODEL": "served",
            "ORPS_EXECUTOR__SLOTS": "1",
        }


@dataclass(frozen=True)
class Compared:
    """Hold the measurements of both checkouts, pair by pair."""

    name: str
    ours: list[float]
    theirs: list[float]

    def __str__(self) -> str:
        ratios = [our / their for our, their in zip(self.ours, self.theirs, strict=True)]
        pairs = " ".join(f"{ratio:.2f}" for ratio in ratios)
        return f"{self.name:10} {median(self.ours):7.3f} s {median(self.theirs):7.3f} s {median(ratios):6.2f}  {pairs}"


def compare(ours: Checkout, theirs: Checkout, pairs: int) -> Iterator[Compared]:
    """Time one thing after the other in both."""
    acts: dict[str, Callable[[Checkout], Taken]] = {"help": Checkout.help, "list": Checkout.list, "call": Checkout.call}
    for name, act in acts.items():
        taken = [(act(ours), act(theirs)) for _ in range(pairs)]
        yield Compared(f"{name}, wall", [our.wall for our, _ in taken], [their.wall for _, their in taken])
        yield Compared(f"{name}, CPU", [our.cpu for our, _ in taken], [their.cpu for _, their in taken])


def main() -> None:
    """Compare what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, required=True, metavar="DIR", help="the other checkout")
    parser.add_argument(
        "--checkout", type=Path, default=Path(__file__).parents[1], metavar="DIR", help="in place of this"
    )
    parser.add_argument("--pairs", type=int, default=7)
    given = parser.parse_args()
    endpoint = Endpoint()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two, endpoint.listening():
        ours = Checkout(given.checkout.absolute(), Path(one), endpoint)
        theirs = Checkout(given.against.absolute(), Path(two), endpoint)
        for each in (ours, theirs):
            each.prepare()
        print(f"{'':10} {'this':>9} {'other':>9} {'ratio':>6}  pair by pair")
        for found in compare(ours, theirs, given.pairs):
            print(found, flush=True)


if __name__ == "__main__":
    main()
