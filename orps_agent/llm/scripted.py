"""Answer requests from a script, for dry runs, demonstrations and tests, at no cost.

# dry.yaml, used as `--model scripted:dry.yaml`; the first rule that fits a request answers it
rules:
  - role: programmer
    contains: two_sum
    replies:
      - "Try all pairs.\\n```python\\ndef two_sum(a, t): ...\\n```"
      - "Remember what was seen.\\n```python\\ndef two_sum(a, t): ...\\n```"
  - role: critic
    reply: "It is slow.\\nSCORE: 3"
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self

import anyio
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from orps_agent.errors import EndpointError, ReplyError, SettingsError
from orps_agent.settings.endpoints import Role
from orps_agent.util.idle import Idle
from orps_agent.util.validation import first_problem

from .base import ModelReply, ModelRequest, OnPiece


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
"""One text or a list of texts."""


class Rule(BaseModel):
    """Define a reply and the conditions under which it is given; an omitted condition always holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Role | None = None
    contains: Texts = ()
    """Texts that must all occur somewhere in the conversation."""
    hint: Texts = ()
    """Texts that must all occur in the last message, which contains the strategy hint."""
    reply: str | None = None
    replies: tuple[str, ...] = ()
    """Several replies; seed and messages decide which one is given, not the order of calls."""
    fail: Literal["reply", "endpoint"] | None = None
    """Raise an error instead: `reply` fails this call, `endpoint` all calls."""
    finish: Literal["stop", "length"] = "stop"
    """`length`: report that the reply was cut off."""
    delay: float = Field(default=0.0, ge=0)
    """Seconds before the reply or the failure."""

    @model_validator(mode="after")
    def _answers_in_one_way(self) -> Self:
        if [self.reply is not None, bool(self.replies), self.fail is not None].count(True) != 1:
            raise ValueError("a rule needs exactly one of `reply`, `replies` and `fail`")
        return self

    def fits(self, request: ModelRequest) -> bool:
        """Return True when all conditions of the rule hold for the request."""
        conversation = "\n".join(message.content for message in request.messages)
        last = request.messages[-1].content if request.messages else ""
        return (
            self.role in (None, request.role)
            and all(text in conversation for text in self.contains)
            and all(text in last for text in self.hint)
        )

    def answer(self, request: ModelRequest) -> str:
        """Return the reply to a request; equal requests always get the same one."""
        replies = self.replies if self.reply is None else (self.reply,)
        identity = repr((request.seed, [(each.role, each.content) for each in request.messages]))
        digest = hashlib.sha256(identity.encode(errors="replace")).digest()
        return replies[int.from_bytes(digest[:8], "big") % len(replies)]


class _Script(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: tuple[Rule, ...] = Field(min_length=1)


class ScriptedModel(Idle):
    """Answer each request by the first rule that fits.

        model = ScriptedModel([Rule(role="critic", reply="SCORE: 3"), Rule(reply="def f(): ...")])

    Tokens are counted as words. A request that no rule fits raises ReplyError.
    """

    def __init__(self, rules: Iterable[Rule], *, name: str = "scripted") -> None:
        self.name = name
        self._rules = tuple(rules)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the script from a YAML or TOML file; raise SettingsError with the file and the place in it."""
        try:
            text = path.read_text(encoding="utf-8")
            given = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
            rules = _Script.model_validate(given).rules
        except OSError as error:
            raise SettingsError(f"script {path}: {error.strerror}; name a readable YAML or TOML file") from error
        except ValidationError as error:
            raise SettingsError(f"script {path}: {first_problem(error)}") from error
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
            raise SettingsError(f"script {path}: {place}{error.problem}") from error
        except (ValueError, yaml.YAMLError) as error:  # not UTF-8, not TOML, characters that YAML forbids
            raise SettingsError(f"script {path}: {' '.join(str(error).split())}") from error
        return cls(rules, name=f"scripted:{path.name}")

    async def complete(self, request: ModelRequest, on_piece: OnPiece | None = None) -> ModelReply:
        """Return the script's reply in one piece, after its delay; `on_piece` is never called."""
        rule = next((rule for rule in self._rules if rule.fits(request)), None)
        if rule is None:
            asked = " ".join(request.messages[-1].content.split())[:80] if request.messages else ""
            raise ReplyError(f"{self.name}: no rule fits the {request.role}'s request {asked!r}; add a rule for it")
        await anyio.sleep(rule.delay)
        if rule.fail is not None:
            kind = ReplyError if rule.fail == "reply" else EndpointError
            raise kind(f"{self.name}: the script fails this {request.role} call on purpose (`fail: {rule.fail}`)")
        text = rule.answer(request)
        return ModelReply(
            text=text,
            finish=rule.finish,
            model=self.name,
            prompt_tokens=sum(len(message.content.split()) for message in request.messages),
            completion_tokens=len(text.split()),
            seconds=rule.delay,
        )
