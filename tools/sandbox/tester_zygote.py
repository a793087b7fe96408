"""The zygote of the tester's side: runs a candidate on a suite, one pair of children a test, and keeps the time.

It never reads a byte that a candidate wrote; its children do, and tell it the verdict over a pipe of their own.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import time
from typing import Any

from . import confine, tester
from .suites import Suite, UnusableSuite
from .wire import PROGRAM_FRAME, Channel, Closed, receive_descriptor, send_descriptor, send_plain

_MAX_SUITES = 64
_GRACE = 0.05
"""Seconds that a process which hung up is given to be dead, so that the cause of death can be told."""
_PATIENCE = 10.0
"""Seconds after which the other zygote is given up for lost."""
_OWN_MEMORY_MB = 1024


class TesterZygote:
    """Serves the program outside: `suite` makes a suite known, `run` runs a candidate on one."""

    def __init__(self, link: socket.socket, control: socket.socket) -> None:
        self._link = link
        self._control = Channel(control, PROGRAM_FRAME)
        self._suites: dict[int, Suite] = {}

    def serve(self) -> None:
        """Answer until the program outside hangs up."""
        self._link.settimeout(None)
        receive_descriptor(self._link)
        self._link.settimeout(_PATIENCE)
        self._control.send({"ready": True})
        while True:
            try:
                message = self._control.receive()
            except Closed:
                return
            self._control.send(self._add_suite(**message["suite"]) if "suite" in message else self._run(message["run"]))

    def _add_suite(self, number: int, **described: Any) -> dict[str, Any]:
        try:
            suite = Suite(**described)
        except UnusableSuite as error:
            return {"error": str(error)}
        while len(self._suites) >= _MAX_SUITES:
            del self._suites[next(iter(self._suites))]
        self._suites[number] = suite
        return {"error": None}

    def _run(self, order: dict[str, Any]) -> dict[str, Any]:
        """Run the tests one after the other, within the candidate's budget."""
        suite = self._suites.get(order["suite"])
        if suite is None:
            return {"unknown": True}
        send_plain(self._link, {"collect": order["keep"]})
        receive_descriptor(self._link)
        results: list[dict[str, Any]] = []
        stop_at = time.monotonic() + order["budget"]
        timeouts = 0
        for index, limit in order["tests"]:
            short = timeouts > 0 and order["short"] < limit
            left = stop_at - time.monotonic()
            if left <= 0 or timeouts >= order["max_timeouts"]:
                why = "its time was used up" if left <= 0 else f"{timeouts} tests before it ran into their limits"
                results.append({"verdict": "not_run", "error": f"not run: {why}"})
                continue
            result = self._test(suite, index, order, min(order["short"] if short else limit, left))
            result["short"] = short
            results.append(result)
            timeouts += result["verdict"] == "timeout"
            if result.get("unloadable"):
                results += [result] * (len(order["tests"]) - len(results))
                break
        send_plain(self._link, {"collect": 0})
        printed, _ = receive_descriptor(self._link)
        return {"results": results, **printed}

    def _test(self, suite: Suite, index: int, order: dict[str, Any], limit: float) -> dict[str, Any]:
        program = suite.tests[index]["kind"] == "program"
        limits = {**order["limits"], "cpu_seconds": limit}
        ours, theirs = socket.socketpair()
        start = {"program": program, "keep": order["program_keep"], "limits": limits}
        send_descriptor(self._link, {"start": start}, theirs.fileno())
        theirs.close()
        if program:
            return self._program(ours, suite.tests[index], order["source"], limit)
        return self._snippet(ours, suite, index, order["source"], limit)

    def _snippet(self, connection: socket.socket, suite: Suite, index: int, source: str, limit: float) -> dict[str, Any]:
        deadline = time.monotonic() + limit
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._become_tester(connection, writing, suite, index, source, limit)
        os.close(writing)
        text = self._await(reading, deadline)
        os.close(reading)
        result: dict[str, Any] = json.loads(text) if text else {"verdict": "timeout", "error": f"no end within {limit:g} s"}
        if text == b"":
            result = {"verdict": "crashed", "error": "the tester ended without a verdict; the answer was too much for it"}
        result["usage"] = self._end(_GRACE if result["verdict"] == "crashed" else 0)
        connection.close()  # not before, or the solution's process wakes up once more and is billed for it
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return result

    def _await(self, reading: int, deadline: float) -> bytes | None:
        """All that comes through the pipe until its other end closes; None when that takes too long."""
        text = b""
        while True:
            ready, _, _ = select.select([reading, self._link], [], [], max(0.0, deadline - time.monotonic()))
            if self._link in ready:
                sys.exit("the candidate's zygote spoke out of turn")
            if not ready:
                return None
            chunk = os.read(reading, 65536)
            if not chunk:
                return text
            text += chunk

    def _end(self, patience: float) -> dict[str, Any]:
        send_plain(self._link, {"end": patience})
        message: dict[str, Any] = receive_descriptor(self._link)[0]
        return message if "exited" not in message else receive_descriptor(self._link)[0]

    def _program(self, connection: socket.socket, test: dict[str, Any], source: str, limit: float) -> dict[str, Any]:
        """Run a program to its end; what it printed is judged outside."""
        deadline = time.monotonic() + limit
        Channel(connection, PROGRAM_FRAME).send([source, test["stdin"]])
        ready, _, _ = select.select([self._link], [], [], max(0.0, deadline - time.monotonic()))
        if ready:
            receive_descriptor(self._link)
        connection.close()
        usage = self._end(0)
        if not ready:
            return {"verdict": "timeout", "error": f"no end within {limit:g} s", "usage": usage}
        return {"verdict": "printed", "error": None, "usage": usage}

    def _become_tester(
        self, connection: socket.socket, writing: int, suite: Suite, index: int, source: str, limit: float
    ) -> None:
        """Never returns: in the child, run the test and write down how it ended."""
        try:
            self._link.close()
            self._control.socket.close()
            limits = {"memory_mb": _OWN_MEMORY_MB, "cpu_seconds": limit, "file_mb": 16, "open_files": 64, "threads": 512}
            confine.limit(limits, 8 << 30)
            outcome = tester.run(Channel(connection), suite, index, source)
            text = json.dumps(outcome).encode()
            while text:
                text = text[os.write(writing, text) :]
        finally:
            os._exit(0)
