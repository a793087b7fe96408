"""The reading of an answer that comes in pieces, server-sent events of chat completion chunks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, Field

from orps_agent.llm.base import OnPiece

from .payloads import MOST_BYTES, Choice, Completion, Text, Usage

_MOST_LINE = 1_000_000


class _Change(BaseModel):
    delta: Text = Field(default_factory=Text)
    finish_reason: str | None = None
    index: int = 0


class _Chunk(BaseModel):
    choices: list[_Change] = []
    usage: Usage | None = None
    error: dict[str, Any] | None = None


@dataclass
class _Reply:
    """What has come of one streamed reply."""

    most: int
    """Of how many pieces it may be; longer ones have no end."""
    text: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    begun: bool = False
    endless: bool = False
    finish: str | None = None
    told: int = 0
    """How many characters of the text were told."""
    untold: str = ""

    def take(self, change: _Change) -> None:
        """Add a piece, unless there were too many."""
        self.begun = True
        if self.endless:
            return
        piece, thought = change.delta.content or "", change.delta.thoughts
        self.text += [piece] if piece else []
        self.thoughts += [thought] if thought else []
        self.untold += piece
        self.endless = len(self.text) + len(self.thoughts) > self.most
        self.finish = "length" if self.endless else change.finish_reason or self.finish

    async def tell(self, on_piece: OnPiece | None) -> None:
        """Tell what has come since this was last called."""
        piece, self.untold = self.untold, ""
        if piece and on_piece is not None:
            await on_piece(self.told, piece)
        self.told += len(piece)

    def choice(self) -> Choice:
        message = Text(content="".join(self.text), reasoning_content="".join(self.thoughts))
        return Choice(message=message, finish_reason=self.finish)


@dataclass
class _Stream:
    """What has come of a streamed answer."""

    replies: list[_Reply]
    usage: Usage | None = None
    done: bool = False

    def take(self, line: bytes) -> None:
        """Read one line; raises ValueError when it cannot be read, or tells an error."""
        told = line.removeprefix(b"data:").strip()
        if self.done or told == b"[DONE]":
            self.done = True
            return
        chunk = _Chunk.model_validate_json(told)
        if chunk.error is not None:
            raise ValueError(f"an error in the middle of the reply: {chunk.error.get('message')}")
        self.usage = chunk.usage or self.usage
        for change in chunk.choices:
            if 0 <= change.index < len(self.replies):
                self.replies[change.index].take(change)

    @property
    def complete(self) -> bool:
        """Whether every reply that was begun has its end."""
        return any(each.begun for each in self.replies) and all(each.finish for each in self.replies if each.begun)

    @property
    def over(self) -> bool:
        """Whether nothing more is worth waiting for."""
        return self.done or (self.complete and any(each.endless for each in self.replies))


async def read_stream(
    parts: AsyncIterator[bytes], max_tokens: int, tellers: Sequence[OnPiece | None] = (None,)
) -> Completion:
    """Replies that come in pieces, one for each teller. Raises ValueError when one breaks off or cannot be read.

    A piece is a token or more, so a reply of more pieces than tokens were asked for is ended here; what came until
    then is a reply that was cut off.
    """
    stream = _Stream([_Reply(most=2 * max_tokens + 64) for _ in tellers])
    async for lines in _lines(parts):
        for line in lines:
            stream.take(line)
        for reply, teller in zip(stream.replies, tellers, strict=True):
            await reply.tell(teller)
        if stream.over:
            break
    if not stream.done and not stream.complete:
        raise ValueError(f"a reply that broke off after {sum(each.told for each in stream.replies)} characters")
    begun = [each for each in stream.replies if each.begun] or stream.replies[:1]
    return Completion(choices=[each.choice() for each in begun], usage=stream.usage)


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
