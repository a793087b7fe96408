"""Convert an answer of the API into replies, each with its own text and its share of the token counts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from orps_agent.llm.base import ModelReply
from orps_agent.llm.replies.parser import clean

from .payloads import ReplyChoice, TokenCounts


def replies(
    choices: Sequence[ReplyChoice], usage: TokenCounts | None, *, model: str, seconds: float
) -> list[ModelReply | None]:
    """Return the replies of one answer, None in place of an empty one; their tokens add up to the answer's counts.

    The endpoint counts the prompt once, and the replies together. The prompt's tokens are divided equally among the
    replies; the replies' tokens in proportion to their lengths, as the endpoint does not report them per reply.
    """
    found = [_reply(each, model, seconds) for each in choices]
    there = [each for each in found if each is not None]
    even, lengths = [1] * len(there), [len(each.text) + len(each.reasoning or "") for each in there]
    usage = usage or TokenCounts()
    cached = _divided(usage.cached, even)
    fresh = _divided(usage.fresh, even)
    written = _divided(usage.completion_tokens, lengths)
    counted = iter(
        each.model_copy(
            update={
                "prompt_tokens": None if new is None else new + (hit or 0),
                "cached_tokens": hit,
                "completion_tokens": tokens,
                "shared": len(there),
            }
        )
        for each, new, hit, tokens in zip(there, fresh, cached, written, strict=True)
    )
    return [each and next(counted) for each in found]


def _reply(choice: ReplyChoice, model: str, seconds: float) -> ModelReply | None:
    text, reasoning = clean(choice.message.content or ""), clean(choice.message.thoughts) or None
    if not text.strip() and reasoning is None:
        return None
    return ModelReply(text=text, reasoning=reasoning, finish=choice.finish, model=model, seconds=seconds)


def _divided(total: int | None, weights: Sequence[int]) -> list[int | None]:
    """Divide the total into whole numbers in proportion to the weights; they add up to the total."""
    if total is None:
        return [None] * len(weights)
    whole = sum(weights)
    return [total * end // whole - total * start // whole for start, end in pairwise(accumulate(weights, initial=0))]
