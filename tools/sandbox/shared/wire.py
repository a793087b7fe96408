"""Send and receive frames on a socket: four bytes of length, then that many bytes of JSON."""

from __future__ import annotations

import array
import json
import socket
import struct
from typing import Any

MAX_FRAME = 8 << 20
"""The longest frame in bytes; both sides refuse a longer one, unread."""
PROGRAM_FRAME = 256 << 20
"""The longest frame between parties that trust each other: a suite, or a program's standard input."""
_HEADER = struct.Struct(">I")
_write = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class Surprise(Exception):
    """Signal that the other side is gone, or has sent something outside the protocol."""


class Closed(Surprise):
    """Signal that the other side has closed the connection, or has died."""


class Channel:
    """Send and receive messages at one end of a connection on which both sides take turns.

    Data that arrives out of turn is kept; `early` reports it, because only a forger answers before the question.
    """

    def __init__(self, connection: socket.socket, limit: int = MAX_FRAME) -> None:
        self.socket = connection
        self._limit = limit
        self._buffer = bytearray()

    @property
    def early(self) -> bool:
        """Return True when bytes have been received that were not requested yet."""
        return bool(self._buffer)

    def send(self, message: Any) -> None:
        """Send one message; ValueError when it is too long or not JSON, Closed when no one reads it."""
        body = _write(message).encode()
        if len(body) > self._limit:
            raise ValueError(f"{len(body)} bytes are more than a message may have ({self._limit})")
        try:
            self.socket.sendall(_HEADER.pack(len(body)) + body)
        except OSError as error:
            raise Closed("the connection broke") from error

    def receive(self) -> Any:
        """Return the next message; raise Surprise when there is none or it is not JSON within the limits."""
        (length,) = _HEADER.unpack(self._take(_HEADER.size))
        if length > self._limit:
            raise Surprise(f"a message of {length} bytes was announced; {self._limit} are allowed")
        try:
            return json.loads(self._take(length))
        except (ValueError, RecursionError, MemoryError) as error:
            raise Surprise(f"a message is not readable: {type(error).__name__}") from error

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            try:
                chunk = self.socket.recv(max(65536, min(count - len(self._buffer), 1 << 20)))
            except OSError as error:
                raise Closed("the connection broke") from error
            if not chunk:
                raise Closed("the connection was closed")
            self._buffer += chunk
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


def send_descriptor(connection: socket.socket, message: Any, descriptor: int) -> None:
    """Send one short message with an open file attached to it."""
    body = _write(message).encode()
    frame = _HEADER.pack(len(body)) + body
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))
    sent = connection.sendmsg([frame], [rights])
    connection.sendall(frame[sent:])


def send_plain(connection: socket.socket, message: Any) -> None:
    """Send one message of any length, for `receive_descriptor` to read."""
    body = _write(message).encode()
    connection.sendall(_HEADER.pack(len(body)) + body)


def receive_descriptor(connection: socket.socket) -> tuple[Any, int | None]:
    """Return the next short message and the open file that came with it; raise Closed at the end of the stream."""
    buffer, descriptors, _, _ = socket.recv_fds(connection, 65536, 1)
    descriptor = descriptors[0] if descriptors else None
    while len(buffer) < _HEADER.size or len(buffer) < _HEADER.size + _HEADER.unpack_from(buffer)[0]:
        chunk = connection.recv(65536)
        if not chunk:
            raise Closed("the connection was closed")
        buffer += chunk
    return json.loads(buffer[_HEADER.size :]), descriptor
