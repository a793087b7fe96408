"""The journal of effects: what was paid for is written down before anybody goes on, and never paid for again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import aiosqlite
from pydantic import BaseModel

from .writer import Writer

Kind = Literal["model", "execution"]
Result = TypeVar("Result", bound=BaseModel)

_INTENT = """
    INSERT INTO effects (search, candidate, stage, attempt, kind, tries, started_at, request)
    VALUES (?, ?, ?, ?, ?, 1, ?, ?)
    ON CONFLICT DO UPDATE SET tries = tries + 1, started_at = excluded.started_at
"""
_RESULT = """
    UPDATE effects SET result = ?, finished_at = ? WHERE search = ? AND candidate = ? AND stage = ? AND attempt = ?
"""
_TEXT = "INSERT OR IGNORE INTO texts (hash, text) VALUES (?, ?)"


@dataclass(frozen=True)
class Effect:
    """The name of one act on the outside world, made of nothing but its place in the search.

    It depends neither on LangGraph's ids nor on time, so that a resumed search gives the same act the same name.
    """

    search: str
    candidate: str
    stage: str
    attempt: int = 0

    @property
    def place(self) -> tuple[str, str, int]:
        """Where in its search it belongs."""
        return self.candidate, self.stage, self.attempt


@dataclass(frozen=True)
class Request:
    """What a model call asks: parameters, and the messages as (role, text)."""

    parameters: Mapping[str, object]
    messages: Sequence[tuple[str, str]] = ()


@dataclass
class Tally:
    """What a run did, by kind of effect."""

    done: dict[str, int] = field(default_factory=dict)
    reused: dict[str, int] = field(default_factory=dict)
    """Found finished, from earlier runs."""
    redone: dict[str, int] = field(default_factory=dict)
    """Begun by an earlier run that did not live to store the result: possibly paid for twice."""


class Journal:
    """The effects of one search: read back when finished, done and stored when not."""

    def __init__(self, search: str, writer: Writer, reader: aiosqlite.Connection) -> None:
        self.search = search
        self.tally = Tally()
        self._writer = writer
        self._reader = reader
        self._finished: dict[tuple[str, str, int], bool] = {}

    async def load(self) -> None:
        """Learn which effects earlier runs finished or only began."""
        query = "SELECT candidate, stage, attempt, kind, result IS NOT NULL FROM effects WHERE search = ?"
        for candidate, stage, attempt, kind, finished in await self._reader.execute_fetchall(query, (self.search,)):
            self._finished[candidate, stage, attempt] = bool(finished)
            if finished:
                _add(self.tally.reused, kind)

    async def once(
        self,
        effect: Effect,
        kind: Kind,
        result_type: type[Result],
        do: Callable[[], Awaitable[Result]],
        request: Request | None = None,
    ) -> Result:
        """The effect's stored result, or do it: intent, act, commit of the result, return.

        An effect without a stored result is done again, because whether it happened cannot be known; such repeats are
        counted. What `do` raises is passed on, and the effect stays open.
        """
        stored = self._finished.get(effect.place)
        if stored:
            return await self.read(effect, result_type)
        if stored is False:
            _add(self.tally.redone, kind)
        await self._write_intent(effect, kind, request)
        result = await do()
        finished = (result.model_dump_json(exclude_defaults=True), time.time(), self.search, *effect.place)
        await self._writer.write((_RESULT, finished))
        self._finished[effect.place] = True
        _add(self.tally.done, kind)
        return result

    def is_finished(self, effect: Effect) -> bool:
        """Whether the result of the effect is stored."""
        return self._finished.get(effect.place, False)

    async def read(self, effect: Effect, result_type: type[Result]) -> Result:
        """The stored result of a finished effect."""
        query = "SELECT result FROM effects WHERE search = ? AND candidate = ? AND stage = ? AND attempt = ?"
        found = list(await self._reader.execute_fetchall(query, (self.search, *effect.place)))
        if not found or found[0][0] is None:
            raise KeyError(f"no stored result for {effect}")
        return result_type.model_validate_json(found[0][0])

    async def _write_intent(self, effect: Effect, kind: str, request: Request | None) -> None:
        texts = [(_hash(text), text) for _, text in request.messages] if request else []
        roles = [role for role, _ in request.messages] if request else []
        asked = request and json.dumps(
            {
                **request.parameters,
                "messages": [[role, text[0]] for role, text in zip(roles, texts, strict=True)],
            }
        )
        intent = (self.search, *effect.place, kind, time.time(), asked)
        await self._writer.write(*((_TEXT, text) for text in texts), (_INTENT, intent))


def _add(counts: dict[str, int], kind: str) -> None:
    counts[kind] = counts.get(kind, 0) + 1


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
