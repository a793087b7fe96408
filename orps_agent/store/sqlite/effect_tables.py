"""Read and write the tables of effects: model calls and executions, try by try."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from orps_agent.domain.candidate import Candidate
from orps_agent.errors import StoreError
from orps_agent.llm.base import ModelReply, ModelRequest
from orps_agent.store.effects import Effect, Kind, Tries
from orps_agent.store.journal import Journal
from orps_agent.store.records import CallRecord, ExecutionRecord, StoredUsage

from .effect_statements import (
    TABLES,
    call_answer,
    call_intent,
    execution_answer,
    execution_intent,
    failure,
)
from .part import SqlitePart
from .reader import Reader, Result
from .texts import Recent
from .writer import Writer

_COST = "iif(count(*) = count(cost), total(cost), NULL) AS cost"
"""Cost of the answered model calls in USD; null when the cost of one of them is unknown."""
_CALL = (
    "search, candidate, stage, attempt, try AS number, role, model, status, started_at, seconds, waited,"
    " prompt_tokens, cached_tokens, completion_tokens, cost, finish, prompt_hash, parameters, error"
)


class EffectTables(SqlitePart):
    """Read effects from their tables."""

    async def journal(self, search: str) -> Journal:
        """Return the journal of a search, with the effects of earlier runs loaded."""
        journal = Journal(search, EffectRows(search, self.reader, self.writer))
        await journal.load()
        return journal

    async def messages(self, effect: Effect) -> list[tuple[str, str]]:
        """Return the conversation that a model call sent, as (role, text)."""
        return await self.reader.messages(effect)

    async def reply(self, effect: Effect) -> ModelReply:
        """Return the stored reply to a model call."""
        return await self.reader.reply(effect)

    async def calls(self, search: str) -> list[CallRecord]:
        """Return every try of every model call, by the time when it began."""
        rows = await self.reader.rows(f"SELECT {_CALL} FROM model_calls WHERE search = ? ORDER BY started_at", search)
        return self.reader.read_all(rows, _call)

    async def executions(self, search: str) -> list[ExecutionRecord]:
        """Return every try of every execution, by the time when it began."""
        rows = await self.reader.rows(
            "SELECT candidate, stage, attempt, try AS number, status, started_at, seconds FROM executions"
            " WHERE search = ? ORDER BY started_at",
            search,
        )
        return self.reader.read_all(rows, lambda row: ExecutionRecord.model_validate(dict(row)))

    async def calls_by_candidate(self, search: str) -> dict[str, int]:
        """Return the number of model calls with a reply for each candidate."""
        rows = await self.reader.rows(
            "SELECT candidate, count(*) AS calls FROM model_calls WHERE search = ? AND status = 'answered'"
            " GROUP BY candidate",
            search,
        )
        return {row["candidate"]: row["calls"] for row in rows}

    async def usage(self, search: str) -> StoredUsage:
        """Return the sums over all runs of a search; tokens and cost are None when not known of all calls."""
        (calls,) = await self.reader.rows(
            "WITH calls AS MATERIALIZED (SELECT status, prompt_tokens, completion_tokens, cached_tokens, cost"
            " FROM model_calls WHERE search = ?1), answered AS (SELECT * FROM calls WHERE status = 'answered')"
            f" SELECT {_COST}, count(*) AS model_calls, sum(cached_tokens) AS cached_tokens,"
            " iif(count(*) = count(prompt_tokens), ifnull(sum(prompt_tokens), 0), NULL) AS prompt_tokens,"
            " iif(count(*) = count(completion_tokens), ifnull(sum(completion_tokens), 0), NULL) AS completion_tokens,"
            " (SELECT count(*) FROM calls WHERE status = 'failed') AS failed_model_calls,"
            " (SELECT count(*) FROM executions WHERE search = ?1 AND status = 'answered') AS executions FROM answered",
            search,
        )
        usage: StoredUsage = dict(calls)  # type: ignore[assignment]  # the columns are its keys
        return usage

    async def version(self, search: str) -> object:
        """Return a value that differs once there is a new event, call, execution or state of a candidate."""
        (counts,) = await self.reader.rows(
            "SELECT (SELECT max(id) FROM events WHERE search = ?1) AS events,"
            " (SELECT count(*) || ' ' || count(seconds) FROM model_calls WHERE search = ?1) AS calls,"
            " (SELECT count(*) || ' ' || count(seconds) FROM executions WHERE search = ?1) AS executions,"
            " (SELECT group_concat(status) FROM candidates WHERE search = ?1) AS candidates",
            search,
        )
        return tuple(counts)


class EffectRows:
    """Store the effects of one search: an intent before the act, its outcome after it, one row a try."""

    def __init__(self, search: str, reader: Reader, writer: Writer) -> None:
        self._search = search
        self._reader = reader
        self._writer = writer
        self._told = Recent()

    async def tries(self) -> list[Tries]:
        """Return the tries of every effect."""
        kinds: tuple[Kind, ...] = tuple(TABLES)
        found = await self._reader.rows(
            " UNION ALL ".join(
                f"SELECT '{kind}', candidate, stage, attempt, max(try), max(status = 'answered'),"
                f" max(status = 'asked') FROM {TABLES[kind]} WHERE search = ? GROUP BY candidate, stage, attempt"
                for kind in kinds
            ),
            *(self._search for _ in kinds),
        )
        return [_tries(*row) for row in found]

    async def cost(self) -> float | None:
        """Return the cost of the answered model calls in USD; None when the cost of one of them is unknown."""
        (row,) = await self._reader.rows(
            f"SELECT {_COST} FROM model_calls WHERE search = ? AND status = 'answered'", self._search
        )
        return None if row["cost"] is None else float(row["cost"])

    async def begin_call(
        self, effect: Effect, number: int, request: ModelRequest, model: str, quoted: Sequence[Candidate]
    ) -> None:
        """Store the intent of a model call, and the texts of its conversation that are not stored yet."""
        try:
            await self._writer.write(*call_intent(effect, number, request, model, quoted, self._told))
        except StoreError:
            self._told.clear()
            raise

    async def finish_call(self, effect: Effect, number: int, reply: ModelReply) -> None:
        """Store the reply to a try."""
        await self._writer.write(call_answer(effect, number, reply))

    async def begin_execution(self, effect: Effect, number: int) -> None:
        """Store the intent of an execution."""
        await self._writer.write(*execution_intent(effect, number))

    async def finish_execution(self, effect: Effect, number: int, result: BaseModel, seconds: float) -> None:
        """Store the result of a try."""
        await self._writer.write(execution_answer(effect, number, result, seconds))

    async def fail(self, kind: Kind, effect: Effect, number: int, error: str) -> None:
        """Store the error that ended a try."""
        await self._writer.write(failure(kind, effect, number, error))

    async def reply(self, effect: Effect) -> ModelReply:
        """Return a stored reply."""
        return await self._reader.reply(effect)

    async def result(self, effect: Effect, result_type: type[Result]) -> Result:
        """Return the stored result of an execution that is not settled yet."""
        return await self._reader.result(effect, result_type)


def _tries(kind: Kind, candidate: str, stage: str, attempt: int, number: int, finished: int, unknown: int) -> Tries:
    return Tries(kind, candidate, stage, attempt, number, bool(finished), bool(unknown))


def _call(row: sqlite3.Row) -> CallRecord:
    columns: dict[str, Any] = dict(row)
    return CallRecord.model_validate(columns | {"parameters": json.loads(columns["parameters"])})
