"""Capture a solution's output, keeping a bounded part of it."""

from __future__ import annotations

import os


class Capture:
    """Read a pipe, keep the beginning and the end of its data, and count the bytes dropped in between."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        os.set_blocking(self.reading, False)
        self.restart(0)

    def restart(self, keep: int) -> None:
        """Forget everything; from now on keep at most `keep` bytes."""
        self.keep = keep
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def drain(self) -> None:
        """Read what is in the pipe now, at most a few pipefuls, so that a flood cannot keep the caller here."""
        for _ in range(16):
            try:
                chunk = os.read(self.reading, 65536)
            except BlockingIOError:
                return
            self._add(chunk)

    def _add(self, chunk: bytes) -> None:
        room = self.keep // 2 - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        self._tail += chunk
        surplus = len(self._tail) - (self.keep - self.keep // 2)
        if surplus > 0:
            del self._tail[:surplus]
            self._dropped += surplus

    @property
    def overflowed(self) -> bool:
        """Return True when anything was dropped."""
        return self._dropped > 0

    def text(self) -> str:
        """Return the kept text, with a note where something is missing."""
        head, tail = self._head.decode(errors="replace"), self._tail.decode(errors="replace")
        return f"{head}\n... {self._dropped} bytes left out ...\n{tail}" if self._dropped else head + tail
