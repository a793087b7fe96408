"""Send the faulty answers of a misbehaving endpoint, as raw bytes."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections.abc import Sequence
from typing import Literal, get_args

ServerFault = Literal[
    "401", "403", "404", "400", "408", "429", "429 wait", "500", "503",
    "drop", "hang", "half", "empty", "garbage", "html", "thinking", "endless", "endless stream", "cut stream",
]  # fmt: skip
ENDING: tuple[ServerFault, ...] = (
    "408", "429", "429 wait", "500", "503", "drop", "half", "empty", "garbage", "cut stream",
)  # fmt: skip
"""Faults that pass by themselves, and soon."""
WAIT_SECONDS = 0.2
"""Seconds of the pause that `429 wait` requests."""
assert set(ENDING) <= set(get_args(ServerFault))


class RandomFaults:
    """Select a share of the calls, and a fault for each of them; the same ones for the same seed."""

    def __init__(self, share: float, kinds: Sequence[ServerFault] = ENDING, seed: int = 0) -> None:
        self._share = share
        self._kinds = kinds
        self._chance = random.Random(seed)

    def next(self) -> ServerFault | None:
        return self._chance.choice(self._kinds) if self._chance.random() < self._share else None


def answer(status: int, text: str, *, headers: str = "", length: int | None = None) -> bytes:
    """Return a whole HTTP answer; with a `length` above the text's own, it is cut short."""
    kind = "text/html" if text.startswith("<") else "application/json"
    payload = text.encode()
    size = len(payload) if length is None else length
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {size}\r\n{headers}\r\n"
    return head.encode() + payload


def completion(
    texts: Sequence[str], finish: str, *, reasoning: str | None = None, usage: dict[str, object] | None = None
) -> str:
    choices = [
        {"index": place, "finish_reason": finish, "message": {"content": text, "reasoning_content": reasoning}}
        for place, text in enumerate(texts)
    ]
    return json.dumps({"id": "1", "choices": choices, "usage": usage})


def stream_head() -> bytes:
    return b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def event(told: object) -> bytes:
    """Return one server-sent event, as one chunk."""
    data = f"data: {told if isinstance(told, str) else json.dumps(told)}\n\n".encode()
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def piece(text: str = "", finish: str | None = None, index: int = 0) -> bytes:
    return event({"choices": [{"index": index, "delta": {"content": text}, "finish_reason": finish}]})


_AT_ONCE: dict[ServerFault, str] = {
    "garbage": '{"choices": [{"mess',
    "html": "<html>a login page</html>",
    "empty": completion([""], "stop"),
    "thinking": completion([""], "length", reasoning="hm"),
}


async def misbehave(fault: ServerFault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Answer a request with this fault; return True if the connection can still be used."""
    match fault:
        case "drop":
            return False
        case "hang":
            await reader.read()  # until the client gives up
            return False
        case "half":
            writer.write(answer(200, completion(["never seen"], "stop")[:40], length=400))
            return False
        case "cut stream":
            writer.write(stream_head() + piece("half of "))
            return False
        case "endless stream":
            writer.write(stream_head())
            return await _for_ever(piece("on and "), writer)
        case "endless":
            writer.write(b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
            return await _for_ever(b"4\r\n    \r\n", writer)
        case _ if fault in _AT_ONCE:
            writer.write(answer(200, _AT_ONCE[fault]))
        case _:
            status, _, waits = fault.partition(" ")
            headers = f"retry-after-ms: {1000 * WAIT_SECONDS:.0f}\r\n" if waits else ""
            said = json.dumps({"error": {"message": f"{status} on purpose"}})
            writer.write(answer(int(status), said, headers=headers))
    return True


async def _for_ever(part: bytes, writer: asyncio.StreamWriter) -> bool:
    for number in itertools.count():
        writer.write(part)
        await writer.drain()
        if number % 16 == 0:
            await asyncio.sleep(0.005)
    return False
