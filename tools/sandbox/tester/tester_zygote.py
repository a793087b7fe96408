"""Keep the suites, fork examiners of candidates on them, and enforce the time limits: the tester's zygote.

It never reads a byte that a candidate wrote; the examiner does, and sends the verdicts over a channel of its own.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import time
from collections import deque
from typing import Any

from ..shared import confine
from ..shared.wire import PROGRAM_FRAME, Channel, Closed, receive_descriptor, send_plain
from .examiner import Examiner
from .suites import Suite, UnusableSuite

_MAX_SUITES = 512
_PATIENCE = 10.0
"""Seconds after which the other zygote is given up for lost."""
_OWN_LIMITS = {"memory_mb": 1024, "file_mb": 16, "open_files": 64, "threads": 512}
_OWN_ADDRESS_SPACE = 8 << 30


class TesterZygote:
    """Serve the program outside: `suite` adds a suite, `run` runs a candidate on one."""

    def __init__(self, link: socket.socket, control: socket.socket) -> None:
        self._link = link
        self._control = Channel(control, PROGRAM_FRAME)
        self._suites: dict[int, Suite] = {}
        self._resets = 0

    def serve(self) -> None:
        """Answer until the program outside closes the connection."""
        receive_descriptor(self._link)
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
        if order["suite"] not in self._suites:
            return {"unknown": True}
        confine.pin(order["core"])
        results: list[dict[str, Any]] = []
        waiting = deque((index, limit) for index, limit in order["tests"])
        stop_at = time.monotonic() + order["budget"]
        timeouts = 0
        while waiting and timeouts < order["max_timeouts"] and time.monotonic() < stop_at:
            short = order["short"] if timeouts else None
            results += self._examine(order, waiting, stop_at, short)
            timeouts += results[-1]["verdict"] == "timeout"
        why = "its time was used up" if time.monotonic() >= stop_at else f"{timeouts} tests ran into their limits"
        results += [{"verdict": "not_run", "error": f"not run: {why}"}] * len(waiting)
        send_plain(self._link, {"collect": True})
        return {"results": results, **self._receive()}

    def _receive(self) -> dict[str, Any]:
        if not select.select([self._link], [], [], _PATIENCE)[0]:
            sys.exit("the candidate's zygote does not answer")
        message: dict[str, Any] = receive_descriptor(self._link)[0]
        return message

    def _examine(
        self, order: dict[str, Any], waiting: deque[tuple[int, float]], stop_at: float, short: float | None
    ) -> list[dict[str, Any]]:
        """Return one examiner's results: up to the last test, or to the test on which it had to be stopped."""
        todo = [(index, min(limit, short or limit), bool(short and short < limit)) for index, limit in waiting]
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            ours.close()
            self._become_examiner(Channel(theirs), order, todo)
        theirs.close()
        results: list[dict[str, Any]] = []
        with ours:
            channel = Channel(ours)
            for _, limit, shortened in todo:
                result = self._await(channel, min(limit, stop_at - time.monotonic()))
                results.append({**result, "short": shortened})
                waiting.popleft()
                if result.get("unloadable"):
                    results += [results[-1]] * len(waiting)
                    waiting.clear()
                if result["verdict"] == "timeout" or result.get("examiner") or not waiting:
                    break
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        if "usage" not in results[-1]:
            results[-1]["usage"] = self._reset()
        return results

    def _await(self, channel: Channel, limit: float) -> dict[str, Any]:
        """Return the next result; a timeout when there is none in time."""
        if not channel.early and not select.select([channel.socket], [], [], max(0.0, limit))[0]:
            return {"verdict": "timeout", "error": f"no end within {limit:.3g} s"}
        try:
            result: dict[str, Any] = channel.receive()
        except Closed:
            error = "the examiner died over the answers that it was given"
            return {"verdict": "crashed", "error": error, "surprise": error, "examiner": "dead"}
        return result

    def _reset(self) -> dict[str, Any]:
        """End the candidate of an examiner that was stopped in the middle, and skip what was meant for it."""
        self._resets += 1
        send_plain(self._link, {"reset": self._resets})
        usage: dict[str, Any] = {}
        while True:
            message = self._receive()
            if message.get("reset") == self._resets:
                return {**usage, **message}
            usage = message

    def _become_examiner(self, channel: Channel, order: dict[str, Any], todo: list[tuple[int, float, bool]]) -> None:
        """Run the tests and send how each ended, in the child; never returns."""
        try:
            self._control.socket.close()
            confine.die_with_parent()
            confine.limit(_OWN_LIMITS, _OWN_ADDRESS_SPACE)
            examiner = Examiner(self._link, self._suites[order["suite"]], order)
            for index, _, _ in todo:
                channel.send(examiner.examine(index))
        finally:
            os._exit(0)
