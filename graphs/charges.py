"""Model calls within the budget: the worst case is reserved, and what came back is priced and charged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from orps_agent.budget.account import Spent, estimated_tokens
from orps_agent.domain.candidate import Candidate
from orps_agent.domain.events import CallProgress, CallStarted
from orps_agent.llm.base import ChatModel, ModelReply, ModelRequest
from orps_agent.store import Effect

from .context import SearchContext


async def paid_reply(
    context: SearchContext, effect: Effect, request: ModelRequest, quoted: Sequence[Candidate]
) -> ModelReply:
    """Return the stored reply, which is paid for, or a new one; raises BudgetReached when there is no room for one."""
    model = context.model(request.role)
    if context.journal.is_finished(effect):
        return await context.call(effect, request, quoted, lambda: model.complete(request))
    worst = _worst(context, model, request)
    async with context.account.call(worst) as charge:

        async def progress(start: int, text: str) -> None:
            told = CallProgress(
                search=context.id, candidate=effect.candidate, role=request.role, start=start, text=text
            )
            await context.emit(told)

        async def complete() -> ModelReply:
            await context.emit(CallStarted(search=context.id, candidate=effect.candidate, role=request.role))
            charge(worst)  # all that is known of a call that does not come back
            with context.trace.call(model.name, request) as replied:
                reply = await model.complete(request, progress)
                replied(reply)
            cost = _cost(context, model, reply)
            charge(_charged(reply, cost, worst))
            return reply.model_copy(update={"cost": cost})

        return await context.call(effect, request, quoted, complete)


def _worst(context: SearchContext, model: ChatModel, request: ModelRequest) -> Spent:
    """What a call comes to when its reply is as long as it may be."""
    asked = estimated_tokens(message.content for message in request.messages)
    cost = context.prices.cost(model.name, asked, request.max_tokens)
    return Spent(calls=1, tokens=asked + request.max_tokens, cost=cost or 0.0)


def _cost(context: SearchContext, model: ChatModel, reply: ModelReply) -> float | None:
    """USD for a reply: at the price of what its endpoint calls the model, else of what the role calls it."""
    named = reply.model if context.prices.price(reply.model) else model.name
    return context.prices.cost(
        named, reply.prompt_tokens, reply.completion_tokens, cached_tokens=reply.cached_tokens or 0
    )


def _charged(reply: ModelReply, cost: float | None, worst: Spent) -> Spent:
    """What a call came to, the worst where the endpoint does not say."""
    if reply.prompt_tokens is None or reply.completion_tokens is None:
        return replace(worst, waited=reply.waited)
    tokens = reply.prompt_tokens + reply.completion_tokens
    return Spent(calls=1, tokens=tokens, cost=cost or 0.0, waited=reply.waited)
