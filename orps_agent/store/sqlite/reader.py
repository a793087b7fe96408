"""Read the file: one connection, every query in one step, damaged rows reported by name."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import aiosqlite
from pydantic import BaseModel

from orps_agent.domain.candidate import Candidate
from orps_agent.errors import StoreError
from orps_agent.llm.base import ModelReply
from orps_agent.store.effects import Effect
from orps_agent.store.lookup import no_candidate

from .connection import FAULTS, explain
from .effect_statements import KEY, key_of
from .rows import candidate
from .texts import Quote, references, unfold

Result = TypeVar("Result", bound=BaseModel)
Value = TypeVar("Value")
_SENSELESS = (ValueError, LookupError, TypeError, AttributeError)
"""Errors that parsing a damaged row raises; pydantic's own error is a ValueError."""


class Reader:
    """Run queries over one connection that cannot write."""

    def __init__(self, connection: aiosqlite.Connection, path: str) -> None:
        self._connection = connection
        self.path = path

    async def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return all rows of a query; raises StoreError with the file's name when the query fails."""
        # In one step: a statement left open between two would hold its snapshot, and other queries on this connection
        # would not see what was committed since.
        try:
            return list(await self._connection.execute_fetchall(query, values))
        except FAULTS as error:
            raise StoreError(explain(error, self.path)) from error

    def read(self, row: sqlite3.Row, make: Callable[[sqlite3.Row], Value]) -> Value:
        """Make a value from a row; raises StoreError when that fails, because the file was damaged."""
        with self._meaning(" ".join(str(row[name]) for name in {"search", "id", "candidate", "stage"} & {*row.keys()})):
            return make(row)

    def read_all(self, rows: Sequence[sqlite3.Row], make: Callable[[sqlite3.Row], Value]) -> list[Value]:
        """Make values from many rows, looking for the damaged row only when one fails."""
        try:
            return [make(row) for row in rows]
        except _SENSELESS:
            return [self.read(row, make) for row in rows]

    @contextmanager
    def _meaning(self, where: str) -> Iterator[None]:
        try:
            yield
        except _SENSELESS as error:
            raise StoreError(
                f"{self.path}: the row of {where} is damaged ({type(error).__name__}): restore a copy of the file, or "
                "name another one with --db"
            ) from error

    async def candidate(self, search: str, id_: str) -> Candidate:
        """Return one candidate as far as its stages have come."""
        found = await self.rows("SELECT * FROM candidates WHERE search = ? AND id = ?", search, id_)
        if not found:
            raise no_candidate(search, id_)
        return self.read(found[0], candidate)

    async def reply(self, effect: Effect) -> ModelReply:
        """Return the stored reply of a model call."""
        query = f"SELECT * FROM model_calls WHERE {KEY} AND status = 'answered'"
        row = self._only(await self.rows(query, *key_of(effect)), effect)
        with self._meaning(f"{effect.search} {effect.candidate} {effect.stage}"):
            text, thinking = await self._texts(effect.search, [row["reply"], row["thinking"]])
            return _reply(row, text, thinking)

    async def result(self, effect: Effect, result_type: type[Result]) -> Result:
        """Return the stored result of an execution that is not settled yet."""
        query = f"SELECT * FROM executions WHERE {KEY} AND status = 'answered'"
        row = self._only(await self.rows(query, *key_of(effect)), effect)
        return self.read(row, lambda row: result_type.model_validate_json(row["result"]))

    async def messages(self, effect: Effect) -> list[tuple[str, str]]:
        """Return the conversation that a model call sent, as (role, text)."""
        query = f"SELECT messages FROM model_calls WHERE {KEY} ORDER BY try DESC LIMIT 1"
        row = self._only(await self.rows(query, *key_of(effect)), effect)
        with self._meaning(f"{effect.search} {effect.candidate} {effect.stage}"):
            listed = json.loads(row["messages"])
            found = await self._prompt_texts(effect.search, [name for _, name in listed])
            texts = await self._texts(effect.search, [found[name] for _, name in listed])
            return [(role, text or "") for (role, _), text in zip(listed, texts, strict=True)]

    def _only(self, found: list[sqlite3.Row], effect: Effect) -> sqlite3.Row:
        if not found:
            place = f"{effect.search} {effect.candidate} {effect.stage}"
            raise StoreError(f"{self.path}: nothing is stored of {place}: restore a copy of the file if something was")
        return found[0]

    async def _texts(self, search: str, stored: Sequence[str | None]) -> list[str | None]:
        there = [each for each in stored if each is not None]
        hashes, quoted = references(there)
        shared = await self._prompt_texts(search, list(hashes))
        columns = {each: await self.candidate(search, each) for each in quoted}

        def column(quote: Quote) -> str:
            return getattr(columns[quote["candidate"]], quote["column"]) or ""

        plain = {name: "".join(json.loads(text)) for name, text in shared.items()}
        return [None if each is None else unfold(each, column, plain) for each in stored]

    async def _prompt_texts(self, search: str, wanted: Sequence[str]) -> dict[str, str]:
        marks = ", ".join("?" * len(set(wanted)))
        query = f"SELECT hash, text FROM prompt_texts WHERE search = ? AND hash IN ({marks})"
        return {row["hash"]: row["text"] for row in await self.rows(query, search, *set(wanted))}


def _reply(row: sqlite3.Row, text: str | None, thinking: str | None) -> ModelReply:
    there = ModelReply.model_fields.keys() & {*row.keys()}
    known = {name: row[name] for name in there if row[name] is not None}
    return ModelReply.model_validate(known | {"text": text, "reasoning": thinking})
