"""What travels: the options of a chat request, and the reading of its answer, whole or as a stream of pieces.

An answer is read up to a bound in size, so that an endpoint that never stops sending costs neither memory nor hours.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from .base import Message, ModelRequest, OnPiece

MOST_BYTES = 16_000_000
"""How long an answer may be; what is longer cannot be a reply of a few thousand tokens."""
_MOST_LINE = 1_000_000
_SCORE = {"type": "integer", "enum": [1, 2, 3, 4, 5]}
_GOOD = {"type": "boolean", "description": "true only when nothing at all is left to improve"}


class _Text(BaseModel):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None

    @property
    def thoughts(self) -> str:
        return self.reasoning_content or self.reasoning or ""


class Choice(BaseModel):
    """One of the replies of an answer."""

    message: _Text
    finish_reason: str | None = None


class Usage(BaseModel):
    """What the endpoint counted."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Completion(BaseModel):
    """As much of an answer as is of use."""

    choices: list[Choice] = Field(min_length=1)
    usage: Usage | None = None


class _Change(BaseModel):
    delta: _Text = Field(default_factory=_Text)
    finish_reason: str | None = None
    index: int = 0


class _Chunk(BaseModel):
    choices: list[_Change] = []
    usage: Usage | None = None
    error: dict[str, Any] | None = None


def options_of(request: ModelRequest, *, stream: bool, structured: bool) -> dict[str, Any]:
    """The parameters of a request beside model and messages."""
    options: dict[str, Any] = {
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
    }
    if stream:
        options |= {"stream": True, "stream_options": {"include_usage": True}}
    if structured:
        options["response_format"] = _critique_form(score_alone=request.structured)
    return options


def messages_of(messages: tuple[Message, ...], *, system: bool) -> list[dict[str, str]]:
    """The messages as the API takes them; without `system`, the system message begins the first user message."""
    told = [{"role": each.role, "content": each.content} for each in messages]
    if not system and len(told) > 1 and [each["role"] for each in told[:2]] == ["system", "user"]:
        told[:2] = [{"role": "user", "content": f"{told[0]['content']}\n\n{told[1]['content']}"}]
    return told


async def read_whole(parts: AsyncIterator[bytes]) -> str:
    """The text of an answer; raises ValueError when it has no end."""
    held, size = [], 0
    async for part in parts:
        held.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES // 1_000_000} MB")
    return b"".join(held).decode("utf-8", "replace")


@dataclass
class _Stream:
    """What has come of a streamed reply."""

    text: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    length: int = 0
    finish: str | None = None
    usage: Usage | None = None

    def take(self, line: bytes) -> str:
        """Read one line and return the text in it."""
        chunk = _Chunk.model_validate_json(line.removeprefix(b"data:"))
        if chunk.error is not None:
            raise ValueError(f"an error in the middle of the reply: {chunk.error.get('message')}")
        self.usage = chunk.usage or self.usage
        piece = ""
        for change in chunk.choices[:1]:
            self.finish = change.finish_reason or self.finish
            piece = change.delta.content or ""
            self.text += [piece] if piece else []
            self.thoughts += [change.delta.thoughts] if change.delta.thoughts else []
        return piece

    def completion(self) -> Completion:
        message = _Text(content="".join(self.text), reasoning_content="".join(self.thoughts))
        return Completion(choices=[Choice(message=message, finish_reason=self.finish)], usage=self.usage)


async def read_stream(parts: AsyncIterator[bytes], max_tokens: int, on_piece: OnPiece | None) -> Completion:
    """A reply that comes in pieces. Raises ValueError when it breaks off or cannot be read.

    A piece is a token or more, so a stream of more pieces than tokens were asked for is ended here; what came until
    then is a reply that was cut off.
    """
    stream = _Stream()
    most = 2 * max_tokens + 64
    async for lines in _lines(parts):
        piece = ""
        for line in lines:
            if line == b"data: [DONE]":
                return stream.completion()
            piece += stream.take(line)
        if piece and on_piece is not None:
            await on_piece(stream.length, piece)
        stream.length += len(piece)
        if len(stream.text) + len(stream.thoughts) > most:
            stream.finish = "length"
            return stream.completion()
    if stream.finish is None:
        raise ValueError(f"a reply that broke off after {stream.length} characters")
    return stream.completion()


async def _lines(parts: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    """The `data:` lines of a server-sent stream, those that arrived together at a time."""
    rest, size = b"", 0
    async for part in parts:
        *whole, rest = (rest + part).split(b"\n")
        size += len(part)
        if len(rest) > _MOST_LINE or size > MOST_BYTES:
            raise ValueError("a stream without an end")
        yield [stripped for line in whole if (stripped := line.strip()).startswith(b"data:")]
    yield [rest.strip()] if rest.startswith(b"data:") else []


def read_completion(body: str) -> Completion | None:
    """The answer in a body, None when there is none in it."""
    try:
        return Completion.model_validate_json(body)
    except ValidationError:
        return None


def _critique_form(*, score_alone: bool) -> dict[str, Any]:
    told = {"score": _SCORE} if score_alone else {"thoughts": {"type": "string"}, "score": _SCORE, "good": _GOOD}
    schema = {"type": "object", "properties": told, "required": list(told), "additionalProperties": False}
    return {"type": "json_schema", "json_schema": {"name": "critique", "strict": True, "schema": schema}}
