"""Model calls as effects: which conversation, which parameters, told and stored."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Literal

from orps_agent.candidate import Candidate
from orps_agent.errors import EndpointError
from orps_agent.events import CallFinished, CallProgress, CallStarted
from orps_agent.llm.base import ChatModel, Message, ModelReply, ModelRequest
from orps_agent.store import Effect
from orps_agent.store.journal import Request

from .context import SearchContext

Conversation = tuple[Message, ...]
_OPENING = re.compile(r"\A\s*```\w*\n")
"""A fence that a model opens anew, in the middle of what it had begun."""


async def ask_programmer(
    context: SearchContext, candidate: Candidate, thoughts: str | None = None
) -> tuple[Conversation, ModelReply]:
    """The programmer's turn; with `thoughts`, the second half of a split one. Returns what was asked, too."""
    asked = await _programmer_prompt(context, candidate)
    if thoughts is not None:
        asked = context.prompts.solution(asked, thoughts)
    effect = context.effect(candidate.id, "reason" if thoughts is None else "code")
    return asked, await _call(context, effect, "programmer", asked)


async def programmer_reply(context: SearchContext, candidate: Candidate) -> tuple[Conversation, ModelReply]:
    """What `ask_programmer` was told before, from the journal."""
    asked = await _programmer_prompt(context, candidate)
    return asked, await context.journal.read(context.effect(candidate.id, "reason"), ModelReply)


async def _programmer_prompt(context: SearchContext, candidate: Candidate) -> Conversation:
    *ancestors, _ = await context.store.lineage(context.id, candidate.id)
    return context.prompts.programmer(context.row.problem, ancestors, candidate.hint)


async def ask_critic(context: SearchContext, candidate: Candidate) -> tuple[Conversation, ModelReply]:
    """The critic's turn on a candidate and its branch."""
    branch = await context.store.lineage(context.id, candidate.id)
    asked = context.prompts.critic(context.row.problem, branch)
    return asked, await _call(context, context.effect(candidate.id, "critique"), "critic", asked)


async def ask_repair(
    context: SearchContext,
    candidate: Candidate,
    what: Literal["code", "score"],
    asked: Sequence[Message],
    reply: ModelReply,
) -> ModelReply:
    """One more turn after a reply in which no code, or no score, could be found."""
    messages = context.prompts.repair(asked, reply.text, what)
    if what == "code":
        return await _call(context, context.effect(candidate.id, "code", attempt=1), "programmer", messages)
    effect = context.effect(candidate.id, "critique", attempt=1)
    return await _call(context, effect, "critic", messages, structured=True)


async def ask_rest(
    context: SearchContext, candidate: Candidate, asked: Sequence[Message], reply: ModelReply
) -> ModelReply:
    """The reply with its rest, where it was cut off and the search wants it continued."""
    if reply.finish != "length" or not reply.text.strip() or not context.row.config.continue_truncated:
        return reply
    effect = context.effect(candidate.id, "code", attempt=2)
    rest = await _call(context, effect, "programmer", context.prompts.rest(asked, reply.text))
    text = reply.text + _OPENING.sub("", rest.text, count=1)
    return rest.model_copy(update={"text": text, "reasoning": reply.reasoning})


async def _call(
    context: SearchContext,
    effect: Effect,
    role: Literal["programmer", "critic"],
    messages: Sequence[Message],
    *,
    structured: bool = False,
) -> ModelReply:
    config = context.row.config
    programming = role == "programmer"
    request = ModelRequest(
        role=role,
        messages=tuple(messages),
        temperature=config.temperature if programming else config.critic_temperature,
        max_tokens=config.max_tokens if programming else config.critic_tokens,
        seed=seed_of(config.seed, effect),
        structured=structured,
    )
    model: ChatModel = context.programmer if programming else context.critic
    reused = context.journal.is_finished(effect)

    async def progress(start: int, text: str) -> None:
        told = CallProgress(search=context.id, candidate=effect.candidate, role=role, start=start, text=text)
        await context.emit(told)

    async def complete() -> ModelReply:
        await context.emit(CallStarted(search=context.id, candidate=effect.candidate, role=role))
        return await model.complete(request, progress)

    asked = Request(
        request.model_dump(mode="json", exclude={"messages"}) | {"model": model.name},
        [(message.role, message.content) for message in messages],
    )
    told = CallFinished(search=context.id, candidate=effect.candidate, role=role, reused=reused)
    try:
        reply = await context.once(effect, "model", ModelReply, complete, asked)
    except EndpointError as error:
        await context.emit(told.model_copy(update={"error": str(error)}))
        raise
    await context.emit(
        told.model_copy(update=reply.model_dump(include={"prompt_tokens", "completion_tokens", "seconds"}))
    )
    return reply


def seed_of(seed: int, effect: Effect) -> int:
    """The model call's own seed: a function of the search's seed and the call's place in the tree.

    The search's id stays out of it, so that two searches with the same seed ask for the same samples.
    """
    place = f"{seed}/{effect.candidate}/{effect.stage}/{effect.attempt}"
    return int.from_bytes(hashlib.sha256(place.encode()).digest()[:4], "big") >> 1
