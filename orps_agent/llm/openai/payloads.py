"""What travels: the options of a chat request, and the reading of its answer.

An answer is read up to a bound in size, so that an endpoint that never stops sending costs neither memory nor hours.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from orps_agent.llm.base import Message, ModelRequest

MOST_BYTES = 16_000_000
"""How long an answer may be; what is longer cannot be a reply of a few thousand tokens."""
_SCORE = {"type": "integer", "enum": [1, 2, 3, 4, 5]}
_GOOD = {"type": "boolean", "description": "true only when nothing at all is left to improve"}


class Text(BaseModel):
    """What a model said: in words, and in thoughts where they have a field of their own."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_parts(cls, told: Any) -> Any:
        """Mistral's reasoning models send the content as a list of parts, thoughts among them."""
        if not isinstance(told, dict) or not isinstance(told.get("content"), list):
            return told
        parts = [part for part in told["content"] if isinstance(part, dict)]
        thoughts = [part.get("thinking") for part in parts if part.get("type") == "thinking"]
        return told | {"content": _joined(parts), "reasoning": told.get("reasoning") or "".join(map(_joined, thoughts))}

    @property
    def thoughts(self) -> str:
        """The thoughts, by either of their names."""
        return self.reasoning_content or self.reasoning or ""


def _joined(parts: object) -> str:
    """The text of parts, of those that have any."""
    listed = parts if isinstance(parts, list) else []
    return "".join(str(each.get("text") or "") for each in listed if isinstance(each, dict))


class Choice(BaseModel):
    """One of the replies of an answer."""

    message: Text
    finish_reason: str | None = None
    index: int = 0

    @property
    def finish(self) -> Literal["stop", "length", "other"]:
        """Why the reply ended, of the reasons that matter."""
        return "stop" if self.finish_reason == "stop" else "length" if self.finish_reason == "length" else "other"


def _counted(value: object) -> object:
    return value if isinstance(value, int) and value >= 0 else None


_Count = Annotated[int | None, BeforeValidator(_counted)]
"""A number of tokens; None for anything that is none."""


class _Details(BaseModel):
    cached_tokens: _Count = None


class Usage(BaseModel):
    """What the endpoint counted. Several replies to one request have one count: the prompt's once, theirs together."""

    prompt_tokens: _Count = None
    completion_tokens: _Count = None
    prompt_tokens_details: _Details | None = None
    prompt_cache_hit_tokens: _Count = None
    """DeepSeek's name for `prompt_tokens_details.cached_tokens`."""
    cached_tokens: _Count = None
    """Moonshot's."""

    @property
    def cached(self) -> int | None:
        """How many of the prompt's tokens were in the endpoint's cache; None when it does not tell."""
        details = self.prompt_tokens_details or _Details()
        names = (details.cached_tokens, self.prompt_cache_hit_tokens, self.cached_tokens)
        found = next((each for each in names if each is not None), None)
        return found if found is None or self.prompt_tokens is None else min(found, self.prompt_tokens)

    @property
    def fresh(self) -> int | None:
        """How many of them were not."""
        return self.prompt_tokens if self.prompt_tokens is None else self.prompt_tokens - (self.cached or 0)


class Completion(BaseModel):
    """As much of an answer as is of use."""

    choices: list[Choice] = Field(min_length=1)
    usage: Usage | None = None


def options_of(request: ModelRequest, *, samples: int, stream: bool, structured: bool) -> dict[str, Any]:
    """The parameters of a request beside model and messages."""
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
    """The messages as the API takes them; without `system`, the system message begins the first user message."""
    told = [{"role": each.role, "content": each.content} for each in messages]
    if not system and len(told) > 1 and [each["role"] for each in told[:2]] == ["system", "user"]:
        told[:2] = [{"role": "user", "content": f"{told[0]['content']}\n\n{told[1]['content']}"}]
    return told


async def read_whole(parts: AsyncIterator[bytes]) -> str:
    """The text of an answer; raises ValueError when it has no end."""
    held, size = [], 0
    async for part in parts:
        held.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES // 1_000_000} MB")
    return b"".join(held).decode("utf-8", "replace")


def read_completion(body: str) -> Completion | None:
    """The answer in a body, None when there is none in it."""
    try:
        return Completion.model_validate_json(body)
    except ValidationError:
        return None


def _critique_form(*, score_alone: bool) -> dict[str, Any]:
    told = {"score": _SCORE} if score_alone else {"thoughts": {"type": "string"}, "score": _SCORE, "good": _GOOD}
    schema = {"type": "object", "properties": told, "required": list(told), "additionalProperties": False}
    return {"type": "json_schema", "json_schema": {"name": "critique", "strict": True, "schema": schema}}
