"""Record model replies in a file and replay them without a model, for development and regression tests.

    ORPS_RECORD=replies.jsonl orps solve problem.yaml --model gpt-4.1-mini
    orps solve problem.yaml --model recorded:replies.jsonl

A line is `{"request": {...}, "reply": {...}}`, or has an `error` in place of the reply.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections import defaultdict, deque
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from orps_agent.errors import ReplyError, SettingsError
from orps_agent.util.idle import Idle
from orps_agent.util.validation import first_problem

from .base import ChatModel, ModelReply, ModelRequest, OnPiece

_NUMBER = re.compile(r"\d[\d.,]*(?:\s?(?:[nµu]?s|ms|[kKMG]?i?B)\b)?")


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    request: ModelRequest
    reply: ModelReply | None = None
    error: str | None = None


class RecordingModel:
    """Forward requests to another model and append every reply to the file before returning it.

    A failed call is recorded as well, unless no call can succeed. Two models may write to one file.
    """

    def __init__(self, model: ChatModel, path: Path) -> None:
        self.name = model.name
        self.model = model
        self._path = path
        self._file: io.FileIO | None = None

    async def __aenter__(self) -> Self:
        try:
            self._file = io.FileIO(self._path, "a")
        except OSError as error:
            raise SettingsError(f"record: cannot write {self._path}: {error.strerror}; name another file") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file; the wrapped model is closed by the code that opened it."""
        if self._file is not None:
            self._file.close()

    async def complete(self, request: ModelRequest, on_piece: OnPiece | None = None) -> ModelReply:
        """Return the wrapped model's reply; raise its ReplyError unchanged, after recording either."""
        try:
            reply = await self.model.complete(request, on_piece)
        except ReplyError as error:
            self._add(_Line(request=request, error=str(error)))
            raise
        self._add(_Line(request=request, reply=reply))
        return reply

    def _add(self, line: _Line) -> None:
        if self._file is not None:  # one write a line, so that lines of two models never mix
            self._file.write(line.model_dump_json(exclude_none=True).encode() + b"\n")


class ReplayModel(Idle):
    """Replay the replies of a recording, immediately and without a network.

        async with ReplayModel.load(Path("replies.jsonl")) as model:
            reply = await model.complete(request)

    Numbers in the messages need not match, because they include measured times, which differ from run to run. A
    request that was made several times gets its replies in order, then the last one again and again. A request that is
    not in the recording raises ReplyError.
    """

    def __init__(self, lines: list[_Line], *, name: str = "recorded") -> None:
        self.name = name
        self._lines: defaultdict[str, deque[_Line]] = defaultdict(deque)
        for line in lines:
            self._lines[_key(line.request)].append(line)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the recording from a file; raise SettingsError with the file and the line."""
        try:
            rows = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not text"
            raise SettingsError(f"recording {path}: {why}; make one with ORPS_RECORD={path}") from error
        lines = []
        for number, row in enumerate(rows, start=1):
            try:
                lines.append(_Line.model_validate_json(row))
            except ValidationError as error:
                raise SettingsError(f"recording {path}, line {number}: {first_problem(error)}") from error
        return cls(lines, name=f"recorded:{path.name}")

    async def complete(self, request: ModelRequest, on_piece: OnPiece | None = None) -> ModelReply:
        """Return the recorded reply in one piece; `on_piece` is never called."""
        lines = self._lines.get(_key(request))
        if not lines:
            asked = " ".join(request.messages[-1].content.split())[:80] if request.messages else ""
            raise ReplyError(
                f"{self.name}: the {request.role}'s request {asked!r} is not recorded; use the seed, the numbers and "
                "the prompts of the recording, or record again"
            )
        line = lines.popleft() if len(lines) > 1 else lines[0]
        if line.reply is None:
            raise ReplyError(line.error or f"{self.name}: a call that failed")
        return line.reply


def _key(request: ModelRequest) -> str:
    """Return a hash that is equal for requests that differ only in the numbers of their messages; seeds must match."""
    messages = [(each.role, _NUMBER.sub("#", each.content)) for each in request.messages]
    asked = repr((request.model_dump(exclude={"messages"}), messages))
    return hashlib.sha256(asked.encode(errors="replace")).hexdigest()
