"""Take one candidate through its tests, in a fork of the tester's zygote that is replaced after trouble.

For every test the other zygote starts a fresh candidate; the examiner talks to it over a socket of their own, and then
has it ended.
"""

from __future__ import annotations

import socket
from typing import Any

from ..shared import confine
from ..shared.wire import PROGRAM_FRAME, Channel, receive_descriptor, send_descriptor, send_plain
from . import verdicts
from .suites import Suite

_GRACE = 0.05
"""Seconds that a process which hung up is given to be dead, so that the cause of death can be told."""


class Examiner:
    """Run one candidate's tests, one after the other."""

    def __init__(self, link: socket.socket, suite: Suite, order: dict[str, Any]) -> None:
        self._link = link
        self._suite = suite
        self._order = order

    def examine(self, index: int) -> dict[str, Any]:
        """Run one test; return its outcome and its cost."""
        confine.seed()
        program = self._suite.tests[index]["kind"] == "program"
        ours, theirs = socket.socketpair()
        order = self._order
        keep = order["program_keep"] if program else order["keep"]
        start = {"program": program, "keep": keep, "core": order["core"], "limits": order["limits"]}
        with theirs:
            send_descriptor(self._link, {"start": start}, theirs.fileno())
        with ours:  # open until the candidate is dead, or it would wake up once more and be billed for it
            result = self._run_program(ours, index) if program else self._run_snippet(ours, index)
            send_plain(self._link, {"end": _GRACE if result["verdict"] == "crashed" else 0})
            result["usage"], _ = receive_descriptor(self._link)
        return result

    def _run_snippet(self, connection: socket.socket, index: int) -> dict[str, Any]:
        return verdicts.run(Channel(connection), self._suite, index, self._order["source"])

    def _run_program(self, connection: socket.socket, index: int) -> dict[str, Any]:
        """Run a program to its end; its output is judged outside."""
        Channel(connection, PROGRAM_FRAME).send([self._order["source"], self._suite.tests[index]["stdin"]])
        receive_descriptor(self._link)  # the word that it exited
        return {"verdict": "printed", "error": None}
