"""Make model calls as effects: choose conversation and parameters, emit events, store the reply."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Literal

from orps_agent.domain.candidate import Candidate
from orps_agent.domain.events import CallFinished
from orps_agent.errors import BudgetReached, EndpointError
from orps_agent.llm.base import Message, ModelReply, ModelRequest
from orps_agent.settings.endpoints import Role
from orps_agent.store import Effect

from .charges import paid_reply
from .context import SearchContext

Conversation = tuple[Message, ...]
BEFORE = "0"
"""Candidate id of a search's effects before its first candidate."""
_OPENING = re.compile(r"\A\s*```\w*\n")
"""Fence that a model opens again in the middle of a continued reply."""


async def ask_programmer(context: SearchContext, candidate: Candidate) -> ModelReply:
    """Call the programmer; of a split turn for the reasoning, and for the code once the candidate has reasoning."""
    stage = "reason" if candidate.reasoning is None else "code"
    asked = await _programmer_prompt(context, candidate)
    quoted = await _quoted(context, candidate)
    return await _call(context, context.effect(candidate.id, stage), "programmer", asked, quoted)


async def programmer_reply(context: SearchContext, candidate: Candidate) -> ModelReply:
    """Return the stored reply of `ask_programmer`."""
    return await context.journal.reply(context.effect(candidate.id, "reason"))


async def ask_critic(context: SearchContext, candidate: Candidate) -> ModelReply:
    """Call the critic on a candidate and its branch."""
    asked = await _critic_prompt(context, candidate)
    quoted = await _quoted(context, candidate)
    return await _call(context, context.effect(candidate.id, "critique"), "critic", asked, quoted)


async def ask_tester(context: SearchContext, attempt: int, asked: Conversation) -> ModelReply:
    """Call the tester, once or twice, before the search has candidates."""
    return await _call(context, context.effect(BEFORE, "tests", attempt), "tester", asked)


async def ask_repair(
    context: SearchContext, candidate: Candidate, what: Literal["code", "score"], reply: ModelReply
) -> ModelReply:
    """Call again after a reply that contained no code, or no score."""
    asked = await (_programmer_prompt(context, candidate) if what == "code" else _critic_prompt(context, candidate))
    messages, quoted = context.prompts.repair(asked, reply.text, what), await _quoted(context, candidate)
    if what == "code":
        return await _call(context, context.effect(candidate.id, "code", attempt=1), "programmer", messages, quoted)
    effect = context.effect(candidate.id, "critique", attempt=1)
    return await _call(context, effect, "critic", messages, quoted, structured=True)


async def ask_rest(context: SearchContext, candidate: Candidate, reply: ModelReply) -> ModelReply:
    """Return the reply; where it was cut off and the search continues such replies, with its rest."""
    if reply.finish != "length" or not reply.text.strip() or not context.row.config.continue_truncated:
        return reply
    asked = await _programmer_prompt(context, candidate)
    effect = context.effect(candidate.id, "code", attempt=2)
    messages = context.prompts.rest(asked, reply.text)
    rest = await _call(context, effect, "programmer", messages, await _quoted(context, candidate))
    text = reply.text + _OPENING.sub("", rest.text, count=1)
    return rest.model_copy(update={"text": text, "reasoning": reply.reasoning})


async def _programmer_prompt(context: SearchContext, candidate: Candidate) -> Conversation:
    *ancestors, _ = await context.branch(candidate.id)
    attempts = await context.attempts(candidate.id)
    written = context.row.tests_by is not None
    asked = context.prompts.programmer(context.row.problem, ancestors, candidate.hint, attempts, written=written)
    return asked if candidate.reasoning is None else context.prompts.solution(asked, candidate.reasoning)


async def _critic_prompt(context: SearchContext, candidate: Candidate) -> Conversation:
    return context.prompts.critic(context.row.problem, await context.branch(candidate.id))


async def _quoted(context: SearchContext, candidate: Candidate) -> list[Candidate]:
    """Return the candidates whose texts a prompt on this one may quote."""
    return [*await context.branch(candidate.id), *await context.attempts(candidate.id)]


async def _call(
    context: SearchContext,
    effect: Effect,
    role: Role,
    messages: Sequence[Message],
    quoted: Sequence[Candidate] = (),
    *,
    structured: bool = False,
) -> ModelReply:
    config = context.row.config
    temperature, max_tokens = config.sampling(role)
    request = ModelRequest(
        role=role,
        messages=tuple(messages),
        temperature=temperature,
        max_tokens=max_tokens,
        seed=seed_of(config.seed, effect),
        structured=structured,
    )
    reused = context.journal.is_finished(effect)
    told = CallFinished(search=context.id, candidate=effect.candidate, role=role, reused=reused)
    try:
        reply = await paid_reply(context, effect, request, quoted)
    except BudgetReached:
        raise
    except EndpointError as error:
        await context.emit(told.model_copy(update={"error": str(error)}))
        raise
    known = {"prompt_tokens", "cached_tokens", "completion_tokens", "cost", "seconds"}
    await context.emit(told.model_copy(update=reply.model_dump(include=known)))
    return reply


def seed_of(seed: int, effect: Effect) -> int:
    """Compute the seed of a model call from the search's seed and the call's place in the tree.

    The search's id stays out of it, so that two searches with the same seed ask for the same samples.
    """
    place = f"{seed}/{effect.candidate}/{effect.stage}/{effect.attempt}"
    return int.from_bytes(hashlib.sha256(place.encode()).digest()[:4], "big") >> 1
