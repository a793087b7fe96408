"""Load all settings: from flags, then the environment, then one TOML file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableVariable

from orps_agent.budget.prices import Price
from orps_agent.errors import SettingsError
from orps_agent.util.validation import first_problem

from .endpoints import BaseUrl, CallPolicy, EndpointSettings, Role, RoleSettings, known_roles, refuse_keys
from .executor_settings import ExecutorSettings
from .search_config import SearchConfig
from .service_settings import ServeSettings

APP = "orps"


def _path_or_url(given: object) -> object:
    """Make a text that is no URL a path, so that a setting that names a file is a `Path`."""
    return given if not isinstance(given, str) or "://" in given else Path(given)


class Settings(BaseSettings):
    """Configure an `Agent`. Environment variables start with ORPS_, nested ones use `__`."""

    model_config = SettingsConfigDict(
        env_prefix="ORPS_", env_nested_delimiter="__", extra="forbid", frozen=True, populate_by_name=True
    )

    model: str | None = None
    """The programmer's model; None: the embedded one, unless an endpoint is configured."""
    critic_model: str | None = None
    """The critic's model; None: the programmer's."""
    base_url: BaseUrl = Field(
        default=None, validation_alias=AliasChoices("base_url", "ORPS_BASE_URL", "OPENAI_BASE_URL")
    )
    """URL of the server for roles without `endpoints`; None: OpenAI itself."""
    api_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("api_key", "ORPS_API_KEY", "OPENAI_API_KEY")
    )
    """API key of `base_url`, from the environment only; rejected in a file."""
    api_key_file: Path | None = None
    """File that contains the key, instead of `api_key`."""
    timeout_seconds: float = Field(default=300.0, gt=0)
    """Maximum seconds that one request to `base_url` may take."""
    max_calls: int = Field(default=32, ge=1)
    """Maximum number of requests to `base_url` in flight at the same time, even if it would accept more."""
    retries: int = Field(default=3, ge=0)
    """Number of times that a call is repeated after a temporary fault, at any endpoint."""
    deadline_seconds: float = Field(default=900.0, gt=0)
    """Maximum seconds that all requests of one call may take together; waiting between them does not count."""
    patience_seconds: float = Field(default=60.0, ge=0)
    """Seconds to wait for endpoints that have all stopped answering, before the search is interrupted."""
    endpoints: dict[str, EndpointSettings] = {}
    """Further endpoints by name, for the `endpoints` of roles."""
    roles: Annotated[dict[Role, RoleSettings], BeforeValidator(known_roles)] = {}
    """Settings of the programmer, the critic and the tester that go beyond a model's name."""
    record: Path | None = None
    """File that every reply is appended to, for replay with the model `recorded:FILE`."""
    db: Annotated[Path | str, BeforeValidator(_path_or_url)] = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir(APP)) / "orps.db"
    )
    """SQLite file that stores the searches; or the URL of a store that an installed package adds, kept as text."""
    durability: Literal["process", "power"] = "process"
    """Failure that stored results survive: a killed process, or also a power cut, at the cost of a disk flush per
    commit."""
    commits: Literal["loop", "thread"] = "loop"
    """Place where results are committed: the event loop, or a thread if the host forbids blocking calls in the loop."""
    cache: Path = Field(default_factory=lambda: Path(platformdirs.user_cache_dir(APP)))
    """Folder of the embedded model's file."""
    log: Path | None = None
    """Log file, with one JSON object per line; None: no file."""
    telemetry: bool = False
    """Send traces and metrics of searches to OpenTelemetry (needs the extra `otel`)."""
    prices: dict[str, Price] = {}
    """USD per million tokens by model name or pattern; they take precedence over the built-in prices."""
    prices_file: Path | None = None
    """TOML file with further prices, with precedence after `prices` and before the built-in ones."""
    prompts: Path | None = None
    """Folder whose templates replace the built-in ones of the same name."""
    search: SearchConfig | None = None
    """Defaults of a search; None: the paper's, or the quick ones with the embedded model."""
    executor: ExecutorSettings = ExecutorSettings()
    """Settings of the runs of candidates."""
    serve: ServeSettings = ServeSettings()
    """The service, `orps serve`."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources in order of precedence: flags, environment, file."""
        file = TomlConfigSettingsSource(settings_cls, toml_file=settings_file())
        refuse_keys(file.toml_data, settings_file())
        return init_settings, env_settings, file

    def role(self, name: Role) -> RoleSettings:
        """Return the role's table, empty where there is none."""
        return self.roles.get(name, RoleSettings())

    @property
    def policy(self) -> CallPolicy:
        """Return the retry policy of calls."""
        return CallPolicy(
            retries=self.retries, deadline_seconds=self.deadline_seconds, patience_seconds=self.patience_seconds
        )

    @property
    def endpoint(self) -> EndpointSettings:
        """Return the endpoint of the roles that name none."""
        return EndpointSettings(
            base_url=self.base_url,
            api_key=None if self.api_key_file else self.api_key,
            api_key_file=self.api_key_file,
            max_calls=self.max_calls,
            timeout_seconds=self.timeout_seconds,
        )

    @property
    def sampling(self) -> dict[str, float | int]:
        """Return the sampling numbers that the roles' tables set for a search."""
        programmer, critic, tester = self.role("programmer"), self.role("critic"), self.role("tester")
        given = {
            "temperature": programmer.temperature,
            "max_tokens": programmer.max_tokens,
            "critic_temperature": critic.temperature,
            "critic_tokens": critic.max_tokens,
            "tester_temperature": tester.temperature,
            "tester_tokens": tester.max_tokens,
        }
        return {name: value for name, value in given.items() if value is not None}


def settings_file() -> Path:
    """Return the path of the settings file: ORPS_CONFIG, or `settings.toml` in the user's configuration directory."""
    return Path(os.environ.get("ORPS_CONFIG") or Path(platformdirs.user_config_dir(APP)) / "settings.toml")


def load_settings(**given: object) -> Settings:
    """Load settings from the given values, the environment and the file; None counts as not given.

    Raises SettingsError with one line that names the setting and where it was set.
    """
    values = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**values)  # type: ignore[arg-type]
    except ValidationError as error:
        steps = [str(step) for step in error.errors()[0]["loc"]] or [""]
        where = "" if steps[0] in values else f"{_source(steps)}: "
        raise SettingsError(f"{where}{first_problem(error)}") from error
    except UnreadableVariable as error:
        raise SettingsError(f"environment: {error}; its variable must hold JSON") from error
    except (OSError, ValueError) as error:  # a TOML file that cannot be read or parsed
        raise SettingsError(f"{settings_file()}: {error}") from error


def _source(steps: Sequence[str]) -> str:
    """Return where a setting was set: the name of a variable, which takes precedence, or the settings file."""
    variable = f"ORPS_{'__'.join(steps).upper()}"
    for name in (variable, f"OPENAI_{steps[0].upper()}"):
        if name in os.environ:
            return name
    inside = (name for name in sorted(os.environ) if name.startswith(f"{variable}__"))
    in_file = TomlConfigSettingsSource(Settings, toml_file=settings_file()).toml_data
    return next((name for name in inside if steps[0] not in in_file), str(settings_file()))
