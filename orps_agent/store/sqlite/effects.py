"""Effects as rows: an intent before the act, its outcome after it, one row a try."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from orps_agent.domain.candidate import Candidate
from orps_agent.llm.base import ModelReply, ModelRequest

from .texts import Folded, Recent, digest, fold
from .writer import Statement

Kind = Literal["model", "execution"]
TABLES: dict[Kind, str] = {"model": "model_calls", "execution": "executions"}
KEY = "search = ? AND candidate = ? AND stage = ? AND attempt = ?"


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
    def key(self) -> tuple[str, str, str, int]:
        """As the columns of a row."""
        return self.search, self.candidate, self.stage, self.attempt

    @property
    def place(self) -> tuple[str, str, int]:
        """Where in its search it belongs."""
        return self.candidate, self.stage, self.attempt


def prompt_hash(request: ModelRequest) -> str:
    """Return the hash of a conversation: the same whoever is asked, and with which parameters."""
    return digest(*(part for message in request.messages for part in (message.role, message.content)))


def call_intent(
    effect: Effect, number: int, request: ModelRequest, model: str, quoted: Sequence[Candidate], told: Recent
) -> Iterator[Statement]:
    """Before a model call's `number`-th try: the conversation, text by text where not `told` yet, and the call.

    Texts are stored in terms of the candidates that they quote.
    """
    listed: list[tuple[str, str]] = []
    for message in request.messages:
        text = message.content
        name = digest(text)
        listed.append((message.role, name))
        if name in told:
            continue
        folded = fold(text, quoted, share=True)
        # The parts first: one of them may be the whole text, which must not be stored as a reference to itself.
        for shared, part in folded.shared.items():
            if told.add(shared):
                yield _prompt_text(effect.search, shared, Folded([part]))
        if told.add(name):
            yield _prompt_text(effect.search, name, folded)
    yield (
        "INSERT INTO model_calls (search, candidate, stage, attempt, try, role, model, status, started_at,"
        " prompt_hash, parameters, messages) VALUES (?, ?, ?, ?, ?, ?, ?, 'asked', ?, ?, ?, ?)",
        (
            *effect.key,
            number,
            request.role,
            model,
            time.time(),
            prompt_hash(request),
            json.dumps(request.model_dump(mode="json", exclude={"messages", "role"})),
            json.dumps(listed, separators=(",", ":")),
        ),
    )


def call_answer(effect: Effect, number: int, reply: ModelReply) -> Statement:
    """After a model call: the reply as it came."""
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
            *effect.key,
            number,
        ),
    )


def call_settled(effect: Effect, reply: ModelReply, candidate: Candidate) -> Statement:
    """The reply in terms of the columns that the candidate's row has by now."""
    return (
        f"UPDATE model_calls SET reply = ?, thinking = ? WHERE {KEY} AND status = 'answered'",
        (*_folded(reply, [candidate]), *effect.key),
    )


def execution_intent(effect: Effect, number: int) -> Iterator[Statement]:
    """Before an execution's `number`-th try."""
    yield (
        "INSERT INTO executions (search, candidate, stage, attempt, try, status, started_at)"
        " VALUES (?, ?, ?, ?, ?, 'asked', ?)",
        (*effect.key, number, time.time()),
    )


def execution_answer(effect: Effect, number: int, result: BaseModel, seconds: float) -> Statement:
    """After an execution: what it told."""
    return (
        f"UPDATE executions SET status = 'answered', seconds = ?, result = ? WHERE {KEY} AND try = ?",
        (seconds, result.model_dump_json(exclude_defaults=True), *effect.key, number),
    )


def execution_settled(effect: Effect) -> Statement:
    """Nothing is left to tell, once the candidate's row or the search's tells it."""
    return f"UPDATE executions SET result = NULL WHERE {KEY}", effect.key


def failure(kind: Kind, effect: Effect, number: int, error: str) -> Statement:
    """The try came to nothing, and why."""
    return (
        f"UPDATE {TABLES[kind]} SET status = 'failed', error = ? WHERE {KEY} AND try = ?",
        (error, *effect.key, number),
    )


def _prompt_text(search: str, name: str, folded: Folded) -> Statement:
    # An earlier run may have told it.
    sql = "INSERT OR IGNORE INTO prompt_texts (search, hash, text) VALUES (?, ?, ?)"
    return sql, (search, name, folded.stored)


def _folded(reply: ModelReply, quoted: Sequence[Candidate]) -> tuple[str, str | None]:
    thinking = None if reply.reasoning is None else fold(reply.reasoning, quoted).stored
    return fold(reply.text, quoted).stored, thinking
