"""Where models are and how they are asked: the tables `[endpoints.NAME]` and `[roles.ROLE]` of the settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, SecretStr, model_validator

from orps_agent.errors import SettingsError

OPENAI_URL = "https://api.openai.com/v1"
Role = Literal["programmer", "critic", "tester"]
"""Who a model speaks as. A further role is one more word here, and a model in `llm.roles.Models`."""
ROLES: tuple[str, ...] = get_args(Role)


def _server(url: str | None) -> str | None:
    """A server's URL as it is, None for an empty one; the complaint leaves it out, as it may hold a password."""
    if url is None or not url.strip():
        return None
    try:
        parts = urlsplit(url.strip())
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an address or a port that is none
        sound = False
    if not sound:
        raise ValueError("not the URL of a server; it looks like http://localhost:8000/v1")
    return url.strip()


BaseUrl = Annotated[str | None, AfterValidator(_server)]
"""Where a server is; None: OpenAI itself."""


class EndpointSettings(BaseModel):
    """One server that speaks OpenAI's chat API."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: BaseUrl = None
    """Where the server is; None: OpenAI itself, or the model inside orps that `model` names."""
    model: str | None = None
    """What the model is called here, where that differs from the role's name for it. Without a `base_url`, a model that
    runs inside orps (`embedded`, a .gguf file) is the endpoint itself."""
    api_key: SecretStr | None = None
    """From the environment only (`ORPS_ENDPOINTS__NAME__API_KEY`); refused in a file."""
    api_key_env: str | None = None
    """The environment variable that holds the key."""
    api_key_file: Path | None = None
    """The file that holds the key and nothing else."""
    max_calls: int = Field(default=32, ge=1)
    """How many requests may be in flight at the same time, however many the endpoint would take."""
    samples_per_request: int = Field(default=1, ge=1)
    """How many calls that ask the same at the same time may share a request, where the endpoint takes the parameter
    `n`; 1: each call is a request of its own."""
    timeout_seconds: float = Field(default=300.0, gt=0)
    """How long one request may take."""
    stream: bool = False
    """Have replies sent piece by piece, and tell them as `call_progress` events."""
    structured: Literal["repair", "always", "never"] = "repair"
    """When the critic must answer as JSON, where the endpoint can make it: only in the turn after a reply without a
    score, from the first turn on, or never."""

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if [self.api_key, self.api_key_env, self.api_key_file].count(None) < 2:
            raise ValueError("set only one of api_key_env, api_key_file and the key itself in the environment")
        return self

    def key(self, where: str) -> SecretStr | None:
        """The key, None where none is configured; raises SettingsError that begins with `where`."""
        if self.api_key_env is not None:
            value = os.environ.get(self.api_key_env, "").strip()
            if not value:
                raise SettingsError(f"{where}api_key_env: {self.api_key_env} is not set; export it with the key")
            return SecretStr(value)
        if self.api_key_file is not None:
            return SecretStr(_key_in(self.api_key_file.expanduser(), where))
        return self.api_key


class RoleSettings(BaseModel):
    """Which model plays a role, where, and how it is asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = None
    """Used unless `model` or `critic_model` names another one."""
    endpoints: tuple[str, ...] = ()
    """Names of `[endpoints.NAME]` tables that share the calls; none: the programmer's, or `base_url`."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    """Takes the place of the search's `temperature`, `critic_temperature` or `tester_temperature`."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Takes the place of the search's `max_tokens`, `critic_tokens` or `tester_tokens`."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    """Sent along: sample from the likeliest tokens only, which together have this probability."""
    extra: dict[str, JsonValue] = {}
    """Sent along as it is, such as `top_k` or `chat_template_kwargs`, where the endpoint understands it."""
    system_message: bool = True
    """False puts the system message in front of the first user message, for models that know no such role."""


class CallPolicy(BaseModel):
    """How much is done for one call before it is given up."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    retries: int = Field(default=3, ge=0)
    """How often a call is repeated after a passing fault. Being refused for too many calls does not count while the
    endpoint answers others."""
    deadline_seconds: float = Field(default=900.0, gt=0)
    """How long all requests of one call may take together; waiting between them does not count."""
    patience_seconds: float = Field(default=60.0, ge=0)
    """How long to wait for endpoints that have all stopped answering, before the search is interrupted."""
    backoff_seconds: float = Field(default=0.5, gt=0)
    """The wait before the first repeat; it doubles with each."""


def known_roles(given: object) -> object:
    """A `[roles]` table as it is; raises ValueError when it has a role that there is not."""
    unknown = [name for name in given if name not in ROLES] if isinstance(given, Mapping) else []
    if unknown:
        raise ValueError(f"there is no role {unknown[0]!r}; the roles are {', '.join(ROLES)}")
    return given


def refuse_keys(table: Mapping[str, Any], file: Path, place: str = "") -> None:
    """Raise SettingsError when a settings file holds a key: files are shared, and copied into reports."""
    for name, value in table.items():
        if name == "api_key":
            instead = 'api_key_env = "VARIABLE"' if place else "OPENAI_API_KEY in the environment"
            raise SettingsError(
                f"{file}: {place}api_key: a key does not belong in this file; set {instead}, or api_key_file = PATH"
            )
        if isinstance(value, Mapping):
            refuse_keys(value, file, f"{place}{name}.")


def _key_in(file: Path, where: str) -> str:
    try:
        value = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text"
        raise SettingsError(f"{where}api_key_file: cannot read {file} ({why}); put the key there") from error
    if not value or "\n" in value:
        raise SettingsError(f"{where}api_key_file: {file} must hold one line, the key")
    return value
