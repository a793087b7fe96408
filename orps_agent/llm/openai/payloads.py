"""Build the options of a chat request and parse its answer.

An answer is read up to a maximum size, so that an endpoint that never stops sending costs neither memory nor hours.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from orps_agent.llm.base import Message, ModelRequest

MOST_BYTES = 16_000_000
"""Maximum size of an answer; a longer one cannot be a reply of a few thousand tokens."""
_SCORE = {"type": "integer", "enum": [1, 2, 3, 4, 5]}
_GOOD = {"type": "boolean", "description": "true only when nothing at all is left to improve"}


class Text(BaseModel):
    """Parse a message of a model: its content, and its reasoning where that has a field of its own."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_parts(cls, given: Any) -> Any:
        """Join content given as a list of parts, thoughts among them, as Mistral's reasoning models send it."""
        if not isinstance(given, dict) or not isinstance(given.get("content"), list):
            return given
        parts = [part for part in given["content"] if isinstance(part, dict)]
        thoughts = [part.get("thinking") for part in parts if part.get("type") == "thinking"]
        return given | {
            "content": _joined(parts),
            "reasoning": given.get("reasoning") or "".join(map(_joined, thoughts)),
        }

    @property
    def thoughts(self) -> str:
        """Return the thoughts, from whichever field holds them."""
        return self.reasoning_content or self.reasoning or ""


def _joined(parts: object) -> str:
    """Join the texts of those parts that have one."""
    listed = parts if isinstance(parts, list) else []
    return "".join(str(each.get("text") or "") for each in listed if isinstance(each, dict))


class ReplyChoice(BaseModel):
    """Parse one of the replies of an answer."""

    message: Text
    finish_reason: str | None = None
    index: int = 0

    @property
    def finish(self) -> Literal["stop", "length", "other"]:
        """Return the reason why the reply ended; all reasons but `stop` and `length` are `other`."""
        return "stop" if self.finish_reason == "stop" else "length" if self.finish_reason == "length" else "other"


def _counted(value: object) -> object:
    return value if isinstance(value, int) and value >= 0 else None


_Count = Annotated[int | None, BeforeValidator(_counted)]
"""Number of tokens; None for anything that is not a valid count."""


class _Details(BaseModel):
    cached_tokens: _Count = None


class TokenCounts(BaseModel):
    """Parse the token counts. Several replies to one request share one count, the prompt's once."""

    prompt_tokens: _Count = None
    completion_tokens: _Count = None
    prompt_tokens_details: _Details | None = None
    prompt_cache_hit_tokens: _Count = None
    """DeepSeek's name for `prompt_tokens_details.cached_tokens`."""
    cached_tokens: _Count = None
    """Moonshot's name for it."""

    @property
    def cached(self) -> int | None:
        """Return the number of prompt tokens found in the endpoint's cache; None when it is not reported."""
        details = self.prompt_tokens_details or _Details()
        names = (details.cached_tokens, self.prompt_cache_hit_tokens, self.cached_tokens)
        found = next((each for each in names if each is not None), None)
        return found if found is None or self.prompt_tokens is None else min(found, self.prompt_tokens)

    @property
    def fresh(self) -> int | None:
        """Return the number of prompt tokens not found in the cache; None when the prompt was not counted."""
        return self.prompt_tokens if self.prompt_tokens is None else self.prompt_tokens - (self.cached or 0)


class Completion(BaseModel):
    """Parse the part of an answer that is used."""

    choices: list[ReplyChoice] = Field(min_length=1)
    usage: TokenCounts | None = None


def options_of(request: ModelRequest, *, samples: int, stream: bool, structured: bool) -> dict[str, Any]:
    """Return the parameters of a request except model and messages."""
    options: dict[str, Any] = {
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
    }
    if samples > 1:
        options["n"] = samples
    if stream:
        options |= {"stream": True, "stream_options": {"include_usage": True}}
    if structured:
        options["response_format"] = _critique_form(score_alone=request.structured)
    return options


def messages_of(messages: tuple[Message, ...], *, system: bool) -> list[dict[str, str]]:
    """Return the messages in the API's form; without `system`, the system message begins the first user message."""
    given = [{"role": each.role, "content": each.content} for each in messages]
    if not system and len(given) > 1 and [each["role"] for each in given[:2]] == ["system", "user"]:
        given[:2] = [{"role": "user", "content": f"{given[0]['content']}\n\n{given[1]['content']}"}]
    return given


async def read_whole(parts: AsyncIterator[bytes]) -> str:
    """Read the text of an answer; raise ValueError when it exceeds the maximum size."""
    held, size = [], 0
    async for part in parts:
        held.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES // 1_000_000} MB")
    return b"".join(held).decode("utf-8", "replace")


def read_completion(body: str) -> Completion | None:
    """Parse the answer in a body; return None when it is no chat completion."""
    try:
        return Completion.model_validate_json(body)
    except ValidationError:
        return None


def _critique_form(*, score_alone: bool) -> dict[str, Any]:
    given = {"score": _SCORE} if score_alone else {"thoughts": {"type": "string"}, "score": _SCORE, "good": _GOOD}
    schema = {"type": "object", "properties": given, "required": list(given), "additionalProperties": False}
    return {"type": "json_schema", "json_schema": {"name": "critique", "strict": True, "schema": schema}}
