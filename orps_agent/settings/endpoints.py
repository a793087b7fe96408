"""Configure the models' servers and the calls to them: tables `[endpoints.NAME]` and `[roles.ROLE]` of the settings."""

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
"""Role that a model plays. To add one, add its name here, and its model to `llm.registry.Models`."""
ROLES: tuple[str, ...] = get_args(Role)


def _checked_url(url: str | None) -> str | None:
    """Return a server's URL, None for an empty one; the error does not quote it, as it may contain a password."""
    if url is None or not url.strip():
        return None
    try:
        parts = urlsplit(url.strip())
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an invalid address or port
        valid = False
    if not valid:
        raise ValueError("not the URL of a server; it looks like http://localhost:8000/v1")
    return url.strip()


BaseUrl = Annotated[str | None, AfterValidator(_checked_url)]
"""URL of a server; None: OpenAI itself."""


class EndpointSettings(BaseModel):
    """Configure one server that implements OpenAI's chat API."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: BaseUrl = None
    """URL of the server; None: OpenAI itself, or the model inside orps that `model` names."""
    model: str | None = None
    """Name of the model at this endpoint, where it differs from the role's name for it. Without a `base_url`, a model
    that runs inside orps (`embedded`, a .gguf file) is the endpoint itself."""
    api_key: SecretStr | None = None
    """API key, from the environment only (`ORPS_ENDPOINTS__NAME__API_KEY`); rejected in a file."""
    api_key_env: str | None = None
    """Name of the environment variable that contains the key."""
    api_key_file: Path | None = None
    """File that contains the key and nothing else."""
    max_calls: int = Field(default=32, ge=1)
    """Maximum number of requests in flight at the same time, even if the endpoint would accept more."""
    samples_per_request: int = Field(default=1, ge=1)
    """Maximum number of calls with the same prompt at the same time that share a request, where the endpoint supports
    the parameter `n`; 1: each call is a request of its own."""
    timeout_seconds: float = Field(default=300.0, gt=0)
    """Maximum seconds that one request may take."""
    stream: bool = False
    """Stream replies, and emit their pieces as `call_progress` events."""
    structured: Literal["repair", "always", "never"] = "repair"
    """Turns in which the critic must answer as JSON, where the endpoint supports it: only the turn after a reply
    without a score, all turns from the first on, or none."""

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if [self.api_key, self.api_key_env, self.api_key_file].count(None) < 2:
            raise ValueError("set only one of api_key_env, api_key_file and the key itself in the environment")
        return self

    def key(self, where: str) -> SecretStr | None:
        """Return the key, or None where none is configured; raise SettingsError that begins with `where`."""
        if self.api_key_env is not None:
            value = os.environ.get(self.api_key_env, "").strip()
            if not value:
                raise SettingsError(f"{where}api_key_env: {self.api_key_env} is not set; export it with the key")
            return SecretStr(value)
        if self.api_key_file is not None:
            return SecretStr(_key_in(self.api_key_file.expanduser(), where))
        return self.api_key


class RoleSettings(BaseModel):
    """Configure the model of a role, its endpoints and its sampling."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = None
    """Model of the role, unless `model` or `critic_model` names another one."""
    endpoints: tuple[str, ...] = ()
    """Names of `[endpoints.NAME]` tables that share the calls; none: the programmer's, or `base_url`."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    """Replaces the search's `temperature`, `critic_temperature` or `tester_temperature`."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Replaces the search's `max_tokens`, `critic_tokens` or `tester_tokens`."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    """Parameter of each request: sample only from the likeliest tokens that together have this probability."""
    extra: dict[str, JsonValue] = {}
    """Further parameters of each request, sent unchanged, such as `top_k` or `chat_template_kwargs`."""
    system_message: bool = True
    """False puts the system message in front of the first user message, for models without a system role."""


class CallPolicy(BaseModel):
    """Configure how often and how long a call is repeated before it is given up."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    retries: int = Field(default=3, ge=0)
    """Number of times that a call is repeated after a temporary fault. Refusals for too many calls do not count while
    the endpoint answers other calls."""
    deadline_seconds: float = Field(default=900.0, gt=0)
    """Maximum seconds that all requests of one call may take together; waiting between them does not count."""
    patience_seconds: float = Field(default=60.0, ge=0)
    """Seconds to wait for endpoints that have all stopped answering, before the search is interrupted."""
    backoff_seconds: float = Field(default=0.5, gt=0)
    """Seconds to wait before the first repeat; doubled with each further one."""


def known_roles(given: object) -> object:
    """Return a `[roles]` table unchanged; raise ValueError when it contains an unknown role."""
    unknown = [name for name in given if name not in ROLES] if isinstance(given, Mapping) else []
    if unknown:
        raise ValueError(f"there is no role {unknown[0]!r}; the roles are {', '.join(ROLES)}")
    return given


def refuse_keys(table: Mapping[str, Any], file: Path, place: str = "") -> None:
    """Raise SettingsError when a settings file contains a key: files are shared, and copied into reports."""
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
