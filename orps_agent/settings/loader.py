"""Every setting: one model per concern, filled from flags, the environment and one TOML file, in that order."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import platformdirs
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableVariable

from orps_agent.budget.account import Budget
from orps_agent.budget.prices import Price
from orps_agent.domain.rewards import WinnerKey
from orps_agent.errors import SettingsError
from orps_agent.util.cpus import allowed_cores

from .endpoints import BaseUrl, CallPolicy, EndpointSettings, Role, RoleSettings, known_roles, refuse_keys
from .presets import PRESETS, StrategyName
from .service_settings import ServeSettings

APP = "orps"
Selector = Literal["order", "codet"]


class SearchConfig(BaseModel):
    """The numbers of a search; the defaults are the paper's (section 4.1)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    strategy: StrategyName = "orps"
    """How the tree grows, and what the three numbers below mean for it; some strategies fix one of them."""
    samples: int = Field(default=20, ge=1, le=10_000)
    """N: how many candidates the first round and every expansion get."""
    rounds: int = Field(default=5, ge=1, le=1_000)
    """How many rounds at most, the first one included."""
    beam: int = Field(default=3, ge=1, le=10_000)
    """K: how many candidates of a round are expanded in the next."""
    temperature: float = Field(default=0.5, ge=0, le=2)
    """The programmer's sampling temperature."""
    critic_temperature: float = Field(default=0.5, ge=0, le=2)
    """The critic's sampling temperature."""
    max_tokens: int = Field(default=1500, ge=1)
    """New tokens that the programmer may write in one turn."""
    critic_tokens: int = Field(default=1500, ge=1)
    """New tokens that the critic may write in one turn."""
    reasoning: Literal["joint", "split", "none"] = "joint"
    """Thoughts and solution in one model turn, in two turns, or the solution alone."""
    prompts: Literal["standard", "compact"] = "standard"
    """The prompt set: `compact` is for models under about 3B parameters."""
    history: int | None = Field(default=None, ge=0)
    """How many ancestors a prompt shows as turns of the conversation, the latest ones; None for all of them.

    With 0, only the parent's feedback is told, in one message with the problem: a small model that sees its own turn
    copies it.
    """
    execution_feedback: bool = True
    """Whether what execution told reaches the models and the strategy. Without it (the paper's ablation), candidates
    are executed all the same, but the prompts, the search's order and, unless it is set, the winner's go without."""
    process_reward: bool = True
    """Whether there is a critic. Without it (an ablation), ρ is null and the prompts hold no critique."""
    outcome_only: bool = False
    """Order by ω alone (an ablation): the critic is asked and its words are passed on, but ρ decides nothing."""
    winner_order: Annotated[tuple[WinnerKey, ...], Field(min_length=1)] | None = None
    """What makes the winner, most important first, each key in its better direction. None: pass rate, time, ω; without
    execution feedback ρ alone."""
    selector: Selector | None = None
    """What chooses the winner: `order`, the best of all by `winner_order`; or `codet`, the best by it of the largest
    agreement between solutions and tests (CodeT). None: `codet` where a model wrote the tests, else `order`."""
    written_tests: int = Field(default=10, ge=1, le=1_000)
    """How many tests the tester is asked for, and at most taken from, where the problem has none."""
    tester_temperature: float | None = Field(default=None, ge=0, le=2)
    """The tester's sampling temperature; None: the programmer's."""
    tester_tokens: int | None = Field(default=None, ge=1)
    """New tokens that the tester may write in one turn; None: as many as the programmer."""
    tampering_may_win: bool = False
    """Whether a candidate that was seen to tamper with its tests may win; one under suspicion always may."""
    order_without_rho: bool = False
    """Take the beam by ω alone for as long as the critic's scores were not seen to say anything about the verdicts."""
    continue_truncated: bool = False
    """Ask once for the rest of a programmer's reply that was cut off at `max_tokens`."""
    stop_when_solved: bool = False
    """End after the first round in which a candidate passed every test that is to be trusted, instead of going on to
    faster ones: tests that were given, and of written ones those that two solutions agree on."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Drives every random choice of ours and, where the endpoint honours it, each model call."""
    budget: Budget = Budget()
    """What the search may spend, over all its runs; on reaching it, it winds down and reports what it has."""

    @model_validator(mode="before")
    @classmethod
    def _as_the_strategy_fixes_it(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        fixed = [preset for name, preset in PRESETS.items() if name == given.get("strategy")]
        return given | dict(*fixed)

    @model_validator(mode="after")
    def _has_something_to_order_by(self) -> Self:
        if not self.execution_feedback and (self.outcome_only or not self.process_reward):
            raise ValueError(
                "without execution_feedback the search orders by ρ: it needs process_reward, and no outcome_only"
            )
        return self

    def sampling(self, role: Role) -> tuple[float, int]:
        """The temperature and the most new tokens of a role's turns."""
        if role == "critic":
            return self.critic_temperature, self.critic_tokens
        if role == "programmer":
            return self.temperature, self.max_tokens
        temperature = self.temperature if self.tester_temperature is None else self.tester_temperature
        return temperature, self.tester_tokens or self.max_tokens

    @property
    def winner_keys(self) -> tuple[WinnerKey, ...]:
        """The winner's order, as it is set or by default."""
        return self.winner_order or (("pass_rate", "time", "omega") if self.execution_feedback else ("rho",))


def changed(config: SearchConfig, changes: Mapping[str, object]) -> SearchConfig:
    """The config with some of its numbers changed; raises SettingsError that names what does not fit.

    `budget.calls` and its like change one limit of the budget.
    """
    values = config.model_dump()
    for name, value in changes.items():
        whole, _, part = name.partition(".")
        values[whole] = values[whole] | {part: value} if part else value
    try:
        return SearchConfig.model_validate(values)
    except ValidationError as error:
        raise SettingsError(first_problem(error)) from error


QUICK = SearchConfig(
    samples=6,
    rounds=2,
    beam=1,
    temperature=0.7,
    critic_temperature=0.3,
    max_tokens=256,
    critic_tokens=8,
    reasoning="none",
    prompts="compact",
    history=0,
    stop_when_solved=True,
)
"""What a search defaults to on the embedded model, which answers in seconds on a laptop and forgets long prompts."""


class ExecutorSettings(BaseModel):
    """Where and how candidates run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slots: int = Field(default_factory=lambda: len(allowed_cores()), ge=1)
    """How many candidates run at the same time; more than there are cores makes the profiles worthless."""
    python: Path = Path(sys.executable)
    """The interpreter that candidates run in, and with it the packages that they may import."""
    pin: bool = True
    """Give every slot a core of its own, where there are enough: faster, and profiles are steadier."""
    short_seconds: float = Field(default=0.2, gt=0)
    """What a test may still take once the candidate has run into a limit before."""
    max_timeouts: int = Field(default=3, ge=1)
    """After how many timeouts the rest of a candidate's tests is not run."""
    adapt_factor: float | None = Field(default=None, gt=1)
    """A test may take this many times the best time seen for it; None: always its full limit."""
    adapt_floor: float = Field(default=0.5, gt=0)
    """The least that an adapted limit may be, in seconds."""
    open_files: int = Field(default=64, ge=16)
    """How many files a candidate may have open at a time."""
    threads: int = Field(default=128, ge=1)
    """How many threads a candidate may have; other processes it may not have at all."""
    profile_seconds: float = Field(default=0.02, gt=0)
    """CPU time that the repeats of one test must add up to before its profile is believed."""
    profile_repeats: int = Field(default=5, ge=1)
    """The most often that one test is repeated for a profile."""
    unsafe: bool = False
    """Run candidates even where they cannot be isolated. They can then do whatever you can do."""


class Settings(BaseSettings):
    """Everything an `Agent` needs to know. Environment variables start with ORPS_, nested ones use `__`."""

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
    """The server of the roles that name no endpoint; None: OpenAI itself."""
    api_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("api_key", "ORPS_API_KEY", "OPENAI_API_KEY")
    )
    """Its key, from the environment only; refused in a file."""
    api_key_file: Path | None = None
    """A file that holds the key, in place of `api_key`."""
    timeout_seconds: float = Field(default=300.0, gt=0)
    """How long one request to `base_url` may take."""
    max_calls: int = Field(default=32, ge=1)
    """How many requests to `base_url` may be in flight at the same time, however many it would take."""
    retries: int = Field(default=3, ge=0)
    """How often a call is repeated after a passing fault, at whatever endpoint."""
    deadline_seconds: float = Field(default=900.0, gt=0)
    """How long all requests of one call may take together; waiting between them does not count."""
    patience_seconds: float = Field(default=60.0, ge=0)
    """How long to wait for endpoints that have all stopped answering, before the search is interrupted."""
    endpoints: dict[str, EndpointSettings] = {}
    """Further endpoints by name, for the roles that name them."""
    roles: Annotated[dict[Role, RoleSettings], BeforeValidator(known_roles)] = {}
    """Which models play the programmer, the critic and the tester, where that is more than a name."""
    record: Path | None = None
    """A file that every reply is added to, to be replayed with the model `recorded:FILE`."""
    db: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir(APP)) / "orps.db")
    """The SQLite file that searches live in."""
    durability: Literal["process", "power"] = "process"
    """What stored results survive: a killed process, or a power cut as well, at the price of a disk flush a commit."""
    commits: Literal["loop", "thread"] = "loop"
    """Where results are committed: in the event loop, or in a thread where a host forbids every blocking call there."""
    cache: Path = Field(default_factory=lambda: Path(platformdirs.user_cache_dir(APP)))
    """Where the embedded model's file is kept."""
    log: Path | None = None
    """A file for the log, one JSON object a line; None: no file."""
    telemetry: bool = False
    """Tell OpenTelemetry about searches (the extra `otel`)."""
    prices: dict[str, Price] = {}
    """USD for a million tokens by model name or pattern, in front of the built-in prices."""
    prices_file: Path | None = None
    """A TOML file with more of them, behind `prices` and in front of the built-in ones."""
    prompts: Path | None = None
    """A folder whose templates replace the built-in ones of the same name."""
    search: SearchConfig | None = None
    """Defaults of a search; None: the paper's, or the quick ones on the embedded model."""
    executor: ExecutorSettings = ExecutorSettings()
    """Where and how candidates run."""
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
        """Flags before environment before file."""
        file = TomlConfigSettingsSource(settings_cls, toml_file=settings_file())
        refuse_keys(file.toml_data, settings_file())
        return init_settings, env_settings, file

    def role(self, name: Role) -> RoleSettings:
        """The role's table, empty where there is none."""
        return self.roles.get(name, RoleSettings())

    @property
    def policy(self) -> CallPolicy:
        """What is done for a call before it is given up."""
        return CallPolicy(
            retries=self.retries, deadline_seconds=self.deadline_seconds, patience_seconds=self.patience_seconds
        )

    @property
    def endpoint(self) -> EndpointSettings:
        """The endpoint of the roles that name none."""
        return EndpointSettings(
            base_url=self.base_url,
            api_key=None if self.api_key_file else self.api_key,
            api_key_file=self.api_key_file,
            max_calls=self.max_calls,
            timeout_seconds=self.timeout_seconds,
        )

    @property
    def sampling(self) -> dict[str, float | int]:
        """What the roles' tables say about the numbers of a search."""
        programmer, critic, tester = self.role("programmer"), self.role("critic"), self.role("tester")
        told = {
            "temperature": programmer.temperature,
            "max_tokens": programmer.max_tokens,
            "critic_temperature": critic.temperature,
            "critic_tokens": critic.max_tokens,
            "tester_temperature": tester.temperature,
            "tester_tokens": tester.max_tokens,
        }
        return {name: value for name, value in told.items() if value is not None}


def settings_file() -> Path:
    """The settings file: ORPS_CONFIG, or `settings.toml` in the user's configuration directory."""
    return Path(os.environ.get("ORPS_CONFIG") or Path(platformdirs.user_config_dir(APP)) / "settings.toml")


def load_settings(**given: object) -> Settings:
    """Settings from the given values, the environment and the file; whatever is None counts as not given.

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
    """What has set the setting at this place: a variable, which comes before the file, or the file."""
    variable = f"ORPS_{'__'.join(steps).upper()}"
    for name in (variable, f"OPENAI_{steps[0].upper()}"):
        if name in os.environ:
            return name
    inside = (name for name in sorted(os.environ) if name.startswith(f"{variable}__"))
    in_file = TomlConfigSettingsSource(Settings, toml_file=settings_file()).toml_data
    return next((name for name in inside if steps[0] not in in_file), str(settings_file()))


def first_problem(error: ValidationError) -> str:
    """The first complaint of a pydantic error in one line: where, what, and the value when it is a plain one."""
    details = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(step) for step in details["loc"]) or "value"
    what = "unknown key" if details["type"] == "extra_forbidden" else details["msg"].removeprefix("Value error, ")
    # What is in the wrong place may be a key, and what is our own complaint says as much as it may.
    given = details.get("input") if details["type"] not in ("extra_forbidden", "value_error") else None
    shown = f" (given: {given!r})" if isinstance(given, (str, int, float, bool)) else ""
    return f"{where}: {what}{shown}"
