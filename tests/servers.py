"""A real HTTP server on loopback that speaks enough of OpenAI's chat API, answers by a script, and can misbehave.

In a test: `async with ModelServer(ScriptedModel([...])) as server: ... server.url ... server.requests`.
In a process of its own, which outlives a client that is killed: `python -m tests.servers --script dry.yaml`; the first
line that it prints is its URL, and every request is one JSON line of `--log`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
from collections import deque
from pathlib import Path
from typing import Any, Literal, Self

from orps_agent.errors import ReplyError
from orps_agent.llm.base import ChatModel, Message, ModelRequest
from orps_agent.llm.scripted import ScriptedModel

Fault = Literal["401", "403", "404", "400", "429", "500", "503", "drop", "hang", "empty", "garbage", "html", "thinking"]
CRITIC_MARK = "SCORE: n"
"""Occurs in every prompt for the critic and in none for the programmer: the API does not say who is asked."""


class ModelServer:
    """Serves one model at `url`; `requests` holds the bodies of all chat calls, faults come before replies."""

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
        self.faults: deque[Fault] = deque()
        """What the next chat calls get instead of a reply, one each."""
        self.always: Fault | None = None
        """What every chat call gets."""
        self.listing = True
        """Whether GET /models is known."""
        self.in_flight = self.most_in_flight = 0
        self.url = ""
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; port 0 takes a free one."""
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
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has what it came for, or has gone
        finally:
            writer.close()
            del self._connections[task]

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False when the connection ends."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if self.key is not None and headers.get("authorization") != f"Bearer {self.key}":
            said = f"no such key: {headers.get('authorization', '')}"
            answer: tuple[int, str] | None = 401, json.dumps({"error": {"message": said}})
        elif method == "GET" and path.endswith("/models") and self.listing:
            answer = (
                200,
                json.dumps({"object": "list", "data": [{"id": name, "object": "model"} for name in self.offers]}),
            )
        elif method == "POST" and path.endswith("/chat/completions"):
            answer = await self._chat(json.loads(body), reader)
        else:
            answer = 404, json.dumps({"error": {"message": f"no route {path}"}})
        if answer is None:
            return False
        status, text = answer
        kind = "text/html" if text.startswith("<") else "application/json"
        payload = text.encode()
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(payload)}\r\n\r\n".encode())
        writer.write(payload)
        await writer.drain()
        return True

    async def _chat(self, body: dict[str, Any], reader: asyncio.StreamReader) -> tuple[int, str] | None:
        self.requests.append(body)
        if self.log is not None:
            with self.log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(body) + "\n")
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            fault = self.faults.popleft() if self.faults else self.always
            if fault is not None:
                return await self._misbehave(fault, reader)
            if body["model"] not in self.offers:
                return 404, json.dumps({"error": {"message": f"no model {body['model']}", "code": "model_not_found"}})
            return await self._reply(body)
        finally:
            self.in_flight -= 1

    async def _misbehave(self, fault: Fault, reader: asyncio.StreamReader) -> tuple[int, str] | None:
        match fault:
            case "drop":
                return None
            case "hang":
                await reader.read()  # until the client gives up
                return None
            case "garbage":
                return 200, '{"choices": [{"mess'
            case "html":
                return 200, "<html>a login page</html>"
            case "empty":
                return 200, _completion("", finish="stop")
            case "thinking":
                return 200, _completion("", finish="length", reasoning="hm")
            case _:
                return int(fault), json.dumps({"error": {"message": f"{fault} on purpose"}})

    async def _reply(self, body: dict[str, Any]) -> tuple[int, str]:
        messages = tuple(Message(role=each["role"], content=each["content"]) for each in body["messages"])
        request = ModelRequest(
            role="critic" if any(CRITIC_MARK in each.content for each in messages) else "programmer",
            messages=messages,
            temperature=body.get("temperature", 1),
            max_tokens=body.get("max_tokens", 1),
            seed=body.get("seed", 0),
        )
        try:
            reply = await self.model.complete(request)
        except ReplyError as error:
            return 400, json.dumps({"error": {"message": str(error)}})
        return 200, _completion(reply.text, "stop", prompt=reply.prompt_tokens, written=reply.completion_tokens)


def _completion(
    text: str, finish: str, *, reasoning: str | None = None, prompt: int | None = 1, written: int | None = 1
) -> str:
    message = {"role": "assistant", "content": text, "reasoning_content": reasoning}
    return json.dumps(
        {
            "id": "1",
            "object": "chat.completion",
            "choices": [{"index": 0, "finish_reason": finish, "message": message}],
            "usage": {"prompt_tokens": prompt, "completion_tokens": written},
        }
    )


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
