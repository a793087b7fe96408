"""From an answer to the replies in it: each has a text of its own, and its part of what the endpoint counted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from orps_agent.llm.base import ModelReply
from orps_agent.llm.replies.parser import clean

from .payloads import Choice, Usage


def replies(choices: Sequence[Choice], usage: Usage | None, *, model: str, seconds: float) -> list[ModelReply | None]:
    """The replies of one answer, None in place of an empty one; their tokens add up to the answer's.

    The endpoint counts the prompt once, and the replies together. Of the prompt every reply gets an equal part, as they
    have it in common; of the replies' tokens a part by its length, as nobody says whose they are.
    """
    found = [_reply(each, model, seconds) for each in choices]
    there = [each for each in found if each is not None]
    even, lengths = [1] * len(there), [len(each.text) + len(each.reasoning or "") for each in there]
    usage = usage or Usage()
    cached = _dealt(usage.cached, even)
    fresh = _dealt(usage.fresh, even)
    written = _dealt(usage.completion_tokens, lengths)
    counted = iter(
        each.model_copy(
            update={
                "prompt_tokens": None if new is None else new + (had or 0),
                "cached_tokens": had,
                "completion_tokens": tokens,
                "shared": len(there),
            }
        )
        for each, new, had, tokens in zip(there, fresh, cached, written, strict=True)
    )
    return [each and next(counted) for each in found]


def _reply(choice: Choice, model: str, seconds: float) -> ModelReply | None:
    text, reasoning = clean(choice.message.content or ""), clean(choice.message.thoughts) or None
    if not text.strip() and reasoning is None:
        return None
    return ModelReply(text=text, reasoning=reasoning, finish=choice.finish, model=model, seconds=seconds)


def _dealt(total: int | None, weights: Sequence[int]) -> list[int | None]:
    """Whole numbers in the proportion of the weights that add up to the total."""
    if total is None:
        return [None] * len(weights)
    whole = sum(weights)
    return [total * end // whole - total * start // whole for start, end in pairwise(accumulate(weights, initial=0))]
