"""Serve a scripted model over real HTTP on loopback with OpenAI's chat API, and misbehave on request.

In a test: `async with ModelServer(ScriptedModel([...])) as server: ... server.url ... server.requests`.
In a process of its own, which outlives a client that is killed: `python -m tests.support.servers --script
dry.yaml`; the first line that it prints is its URL, and every request is one JSON line of `--log`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, Self

from orps_agent.errors import ReplyError
from orps_agent.llm.base import ChatModel, Message, ModelRequest
from orps_agent.llm.scripted import ScriptedModel
from orps_agent.settings.endpoints import Role

from .faults import RandomFaults, ServerFault, answer, completion, event, misbehave, piece, stream_head

CRITIC_MARK = "SCORE: n"
"""Text that occurs in every prompt for the critic and in none for the programmer: the API does not transmit roles."""
TESTER_MARK = "You write tests"
"""Text that occurs in every prompt for the tester alone."""


class ModelServer:
    """Serve one model at `url`; `requests` holds the bodies of all chat calls, faults take precedence over replies."""

    def __init__(
        self,
        model: ChatModel,
        *,
        offers: list[str] | None = None,
        key: str | None = None,
        log: Path | None = None,
    ) -> None:
        self.model = model
        self.offers = [model.name] if offers is None else offers
        self.key = key
        self.log = log
        self.requests: list[dict[str, Any]] = []
        self.faults: deque[ServerFault] = deque()
        """Faults that the next chat calls get instead of a reply, one each."""
        self.always: ServerFault | None = None
        """Fault that every chat call gets."""
        self.chance: RandomFaults | None = None
        """Source of faults for some chat calls."""
        self.struck: list[tuple[ServerFault, float]] = []
        """Faults that were sent, with their times."""
        self.capacity = 1_000_000
        """Number of calls in flight above which every other is refused with 429."""
        self.refuses: Callable[[dict[str, Any]], str | None] = lambda body: None
        """Function that returns an unsupported parameter of a request."""
        self.samples = 1
        """Maximum number of replies to a request; further ones are left out."""
        self.strict = False
        """True to refuse a request for more of them."""
        self.usage: dict[str, object] = {}
        """Fields of `usage` besides the counts of tokens."""
        self.listing = True
        """True to answer GET /models."""
        self.in_flight = self.most_in_flight = 0
        self.url = ""
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; port 0 selects a free one."""
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task, writer in list(self._connections.items()):
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has what it came for, or has gone, or the server is closing
        finally:
            writer.close()
            del self._connections[task]

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read one request and answer it; return False when the connection ends."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        kept = True
        if self.key is not None and headers.get("authorization") != f"Bearer {self.key}":
            writer.write(_error(401, f"no such key: {headers.get('authorization', '')}"))
        elif method == "GET" and path.endswith("/models") and self.listing:
            writer.write(answer(200, json.dumps({"data": [{"id": name, "object": "model"} for name in self.offers]})))
        elif method == "POST" and path.endswith("/chat/completions"):
            kept = await self._chat(json.loads(body), reader, writer)
        else:
            writer.write(_error(404, f"no route {path}"))
        await writer.drain()
        return kept

    async def _chat(self, body: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        self.requests.append(body)
        if self.log is not None:
            with self.log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(body) + "\n")
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            fault = self._next_fault()
            if self.in_flight > self.capacity:
                fault = "429"
            if fault is not None:
                self.struck.append((fault, time.monotonic()))
                return await misbehave(fault, reader, writer)
            refused = self.refuses(body)
            if refused is not None:
                writer.write(_error(400, f"{refused} is not supported", param=refused))
            elif body["model"] not in self.offers:
                writer.write(_error(404, f"no model {body['model']}"))
            elif self.strict and body.get("n", 1) > self.samples:
                writer.write(_error(400, "so many completion choices are not allowed"))
            else:
                await self._reply(body, writer)
            return True
        finally:
            self.in_flight -= 1

    def _next_fault(self) -> ServerFault | None:
        if self.faults:
            return self.faults.popleft()
        return self.always or (self.chance.next() if self.chance else None)

    async def _reply(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        messages = tuple(Message(role=each["role"], content=each["content"]) for each in body["messages"])
        request = ModelRequest(
            role=_role(messages),
            messages=messages,
            temperature=body.get("temperature", 1),
            max_tokens=body.get("max_tokens", 1),
            seed=body.get("seed", 0),
        )
        count = min(body.get("n", 1), self.samples)
        samples = [request.model_copy(update={"seed": request.seed + place}) for place in range(count)]
        try:
            replies = await asyncio.gather(*(self.model.complete(each) for each in samples))
        except ReplyError as error:
            writer.write(_error(400, str(error)))
            return
        written = sum(each.completion_tokens or 0 for each in replies)
        usage = {"prompt_tokens": replies[0].prompt_tokens, "completion_tokens": written} | self.usage
        if body.get("stream"):
            writer.write(b"".join(_streamed([each.text for each in replies], usage)))
        else:
            writer.write(answer(200, completion([each.text for each in replies], replies[0].finish, usage=usage)))


def _role(messages: Sequence[Message]) -> Role:
    told = "\n".join(each.content for each in messages)
    return "critic" if CRITIC_MARK in told else "tester" if TESTER_MARK in told else "programmer"


def _streamed(texts: list[str], usage: dict[str, object]) -> Iterator[bytes]:
    """Yield several replies word by word, in turns."""
    words = [re.findall(r"\S+\s*|\s+", text) for text in texts]
    yield stream_head()
    for turn in zip_longest(*words):
        yield from (piece(word, index=place) for place, word in enumerate(turn) if word is not None)
    yield from (piece(finish="stop", index=place) for place in range(len(texts)))
    yield event({"choices": [], "usage": usage})
    yield event("[DONE]")
    yield b"0\r\n\r\n"


def _error(status: int, message: str, **more: str) -> bytes:
    return answer(status, json.dumps({"error": {"message": message} | more}))


async def _serve(script: Path, log: Path | None, port: int) -> None:
    server = ModelServer(ScriptedModel.load(script), offers=["served"], log=log)
    await server.start(port)
    print(server.url, flush=True)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--script", type=Path, required=True)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(given.script, given.log, given.port))


if __name__ == "__main__":
    main()
