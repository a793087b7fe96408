"""Build the SQL statements of effects: an intent before the act, its outcome after it, one row a try."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence

from pydantic import BaseModel

from orps_agent.domain.candidate import Candidate
from orps_agent.llm.base import ModelReply, ModelRequest
from orps_agent.store.effects import Effect, Kind, Settled, digest, parameters, prompt_hash

from .texts import Folded, Recent, fold
from .writer import Statement

TABLES: dict[Kind, str] = {"model": "model_calls", "execution": "executions"}
KEY = "search = ? AND candidate = ? AND stage = ? AND attempt = ?"


def key_of(effect: Effect) -> tuple[str, str, str, int]:
    """Return the effect's name as the columns of its row."""
    return effect.search, effect.candidate, effect.stage, effect.attempt


def call_intent(
    effect: Effect, number: int, request: ModelRequest, model: str, quoted: Sequence[Candidate], told: Recent
) -> Iterator[Statement]:
    """Yield the statements before a model call's `number`-th try: the call, and the texts that are not in `told`."""
    listed: list[tuple[str, str]] = []
    for message in request.messages:
        text = message.content
        name = digest(text)
        listed.append((message.role, name))
        if name in told:
            continue
        folded = fold(text, quoted, share=True)
        # Parts come first: one of them may be the whole text, which must not be stored as a reference to itself.
        for shared, part in folded.shared.items():
            if told.add(shared):
                yield _prompt_text(effect.search, shared, Folded([part]))
        if told.add(name):
            yield _prompt_text(effect.search, name, folded)
    yield (
        "INSERT INTO model_calls (search, candidate, stage, attempt, try, role, model, status, started_at,"
        " prompt_hash, parameters, messages) VALUES (?, ?, ?, ?, ?, ?, ?, 'asked', ?, ?, ?, ?)",
        (
            *key_of(effect),
            number,
            request.role,
            model,
            time.time(),
            prompt_hash(request),
            json.dumps(parameters(request)),
            json.dumps(listed, separators=(",", ":")),
        ),
    )


def call_answer(effect: Effect, number: int, reply: ModelReply) -> Statement:
    """Return the statement after a model call, which stores the reply unchanged."""
    return (
        "UPDATE model_calls SET status = 'answered', seconds = ?, model = ?, finish = ?, cost = ?, waited = ?,"
        " requests = ?, shared = ?, prompt_tokens = ?, cached_tokens = ?, completion_tokens = ?, reply = ?,"
        " thinking = ?"
        f" WHERE {KEY} AND try = ?",
        (
            reply.seconds,
            reply.model,
            reply.finish,
            reply.cost,
            reply.waited,
            reply.requests,
            reply.shared,
            reply.prompt_tokens,
            reply.cached_tokens,
            reply.completion_tokens,
            *_folded(reply, ()),
            *key_of(effect),
            number,
        ),
    )


def execution_intent(effect: Effect, number: int) -> Iterator[Statement]:
    """Yield the statement before an execution's `number`-th try."""
    yield (
        "INSERT INTO executions (search, candidate, stage, attempt, try, status, started_at)"
        " VALUES (?, ?, ?, ?, ?, 'asked', ?)",
        (*key_of(effect), number, time.time()),
    )


def execution_answer(effect: Effect, number: int, result: BaseModel, seconds: float) -> Statement:
    """Return the statement after an execution, which stores its result."""
    return (
        f"UPDATE executions SET status = 'answered', seconds = ?, result = ? WHERE {KEY} AND try = ?",
        (seconds, result.model_dump_json(exclude_defaults=True), *key_of(effect), number),
    )


def settling(settled: Settled | None) -> Iterator[Statement]:
    """Yield statements that replace replies by references to the candidate's columns, and drop results stored there."""
    if settled is None:
        return
    for effect, outcome in settled.outcomes.items():
        if isinstance(outcome, ModelReply):
            yield (
                f"UPDATE model_calls SET reply = ?, thinking = ? WHERE {KEY} AND status = 'answered'",
                (*_folded(outcome, [settled.candidate]), *key_of(effect)),
            )
        else:
            yield f"UPDATE executions SET result = NULL WHERE {KEY}", key_of(effect)


def failure(kind: Kind, effect: Effect, number: int, error: str) -> Statement:
    """Return the statement that marks a try as failed and stores its error."""
    return (
        f"UPDATE {TABLES[kind]} SET status = 'failed', error = ? WHERE {KEY} AND try = ?",
        (error, *key_of(effect), number),
    )


def _prompt_text(search: str, name: str, folded: Folded) -> Statement:
    # An earlier run may have stored it.
    sql = "INSERT OR IGNORE INTO prompt_texts (search, hash, text) VALUES (?, ?, ?)"
    return sql, (search, name, folded.stored)


def _folded(reply: ModelReply, quoted: Sequence[Candidate]) -> tuple[str, str | None]:
    thinking = None if reply.reasoning is None else fold(reply.reasoning, quoted).stored
    return fold(reply.text, quoted).stored, thinking
