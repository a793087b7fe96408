"""Read a streamed answer: server-sent events of chat completion chunks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, Field

from orps_agent.llm.base import OnPiece

from .payloads import MOST_BYTES, Completion, ReplyChoice, Text, TokenCounts

_MOST_LINE = 1_000_000


class _Change(BaseModel):
    delta: Text = Field(default_factory=Text)
    finish_reason: str | None = None
    index: int = 0


class _Chunk(BaseModel):
    choices: list[_Change] = []
    usage: TokenCounts | None = None
    error: dict[str, Any] | None = None


@dataclass
class _StreamedReply:
    """Collect the pieces of one streamed reply."""

    most: int
    """Maximum number of pieces; a reply with more does not end by itself."""
    text: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    begun: bool = False
    endless: bool = False
    finish: str | None = None
    emitted: int = 0
    """Number of characters of the text that were passed on."""
    pending: str = ""

    def take(self, change: _Change) -> None:
        """Add a piece; ignore it once the reply has too many."""
        self.begun = True
        if self.endless:
            return
        piece, thought = change.delta.content or "", change.delta.thoughts
        self.text += [piece] if piece else []
        self.thoughts += [thought] if thought else []
        self.pending += piece
        self.endless = len(self.text) + len(self.thoughts) > self.most
        self.finish = "length" if self.endless else change.finish_reason or self.finish

    async def emit(self, on_piece: OnPiece | None) -> None:
        """Pass the text that has arrived since the last call to `on_piece`."""
        piece, self.pending = self.pending, ""
        if piece and on_piece is not None:
            await on_piece(self.emitted, piece)
        self.emitted += len(piece)

    def choice(self) -> ReplyChoice:
        message = Text(content="".join(self.text), reasoning_content="".join(self.thoughts))
        return ReplyChoice(message=message, finish_reason=self.finish)


@dataclass
class _Stream:
    """Collect a streamed answer: its replies and the token counts."""

    replies: list[_StreamedReply]
    usage: TokenCounts | None = None
    done: bool = False

    def take(self, line: bytes) -> None:
        """Parse one line; raise ValueError when it cannot be parsed or reports an error."""
        data = line.removeprefix(b"data:").strip()
        if self.done or data == b"[DONE]":
            self.done = True
            return
        chunk = _Chunk.model_validate_json(data)
        if chunk.error is not None:
            raise ValueError(f"an error in the middle of the reply: {chunk.error.get('message')}")
        self.usage = chunk.usage or self.usage
        for change in chunk.choices:
            if 0 <= change.index < len(self.replies):
                self.replies[change.index].take(change)

    @property
    def complete(self) -> bool:
        """Return True when a reply has begun and every reply that has begun has ended."""
        return any(each.begun for each in self.replies) and all(each.finish for each in self.replies if each.begun)

    @property
    def over(self) -> bool:
        """Return True when the stream has ended, or waiting for the rest of it is useless."""
        return self.done or (self.complete and any(each.endless for each in self.replies))


async def read_stream(
    parts: AsyncIterator[bytes], max_tokens: int, listeners: Sequence[OnPiece | None] = (None,)
) -> Completion:
    """Read replies that arrive in pieces, one per listener; raise ValueError when one breaks off or cannot be parsed.

    A piece is a token or more, so a reply of more pieces than the tokens requested is ended here; the text received
    until then is returned as a reply that was cut off.
    """
    stream = _Stream([_StreamedReply(most=2 * max_tokens + 64) for _ in listeners])
    async for lines in _lines(parts):
        for line in lines:
            stream.take(line)
        for reply, listener in zip(stream.replies, listeners, strict=True):
            await reply.emit(listener)
        if stream.over:
            break
    if not stream.done and not stream.complete:
        raise ValueError(f"a reply that broke off after {sum(each.emitted for each in stream.replies)} characters")
    begun = [each for each in stream.replies if each.begun] or stream.replies[:1]
    return Completion(choices=[each.choice() for each in begun], usage=stream.usage)


async def _lines(parts: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    """Yield the `data:` lines of a server-sent stream, in batches of those that arrived together."""
    rest, size = b"", 0
    async for part in parts:
        *whole, rest = (rest + part).split(b"\n")
        size += len(part)
        if len(rest) > _MOST_LINE or size > MOST_BYTES:
            raise ValueError("a stream without an end")
        yield [stripped for line in whole if (stripped := line.strip()).startswith(b"data:")]
    yield [rest.strip()] if rest.startswith(b"data:") else []
