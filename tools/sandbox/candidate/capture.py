"""What a solution prints, with a bound on how much of it is kept."""

from __future__ import annotations

import os


class Capture:
    """The read end of a pipe; keeps the beginning and the end of what comes through, and counts what it drops."""

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
        """Take what is in the pipe now, at most a few pipefuls, so that no flood keeps us here."""
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
        """Whether anything was dropped."""
        return self._dropped > 0

    def text(self) -> str:
        """What was kept, with a note where something is missing."""
        head, tail = self._head.decode(errors="replace"), self._tail.decode(errors="replace")
        return f"{head}\n... {self._dropped} bytes left out ...\n{tail}" if self._dropped else head + tail
