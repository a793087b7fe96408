"""Configure the numbers of a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from orps_agent.budget import Budget
from orps_agent.errors import SettingsError
from orps_agent.util.validation import first_problem

from .endpoints import Role
from .presets import PRESETS

Selector = Literal["order", "codet"]
WinnerKey = Literal["pass_rate", "time", "omega", "rho", "instructions", "branch_misses", "page_faults"]


class SearchConfig(BaseModel):
    """Configure a search; the defaults are the paper's (section 4.1)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    strategy: str = Field(default="orps", examples=list(PRESETS))
    """Algorithm that grows the tree; it defines the meaning of the three numbers below, and some fix one of them.
    Installed packages may add others. A name is looked up when a search is planned: stored searches can be read without
    them."""
    samples: int = Field(default=20, ge=1, le=10_000)
    """N: number of candidates of the first round and of every expansion."""
    rounds: int = Field(default=5, ge=1, le=1_000)
    """Maximum number of rounds, the first one included."""
    beam: int = Field(default=3, ge=1, le=10_000)
    """K: number of candidates of a round that are expanded in the next."""
    temperature: float = Field(default=0.5, ge=0, le=2)
    """The programmer's sampling temperature."""
    critic_temperature: float = Field(default=0.5, ge=0, le=2)
    """The critic's sampling temperature."""
    max_tokens: int = Field(default=1500, ge=1)
    """Maximum number of new tokens that the programmer may write in one turn."""
    critic_tokens: int = Field(default=1500, ge=1)
    """Maximum number of new tokens that the critic may write in one turn."""
    reasoning: Literal["joint", "split", "none"] = "joint"
    """Thoughts and solution in one model turn, in two turns, or the solution alone."""
    prompts: Literal["standard", "compact"] = "standard"
    """Prompt set; `compact` is for models under about 3B parameters."""
    history: int | None = Field(default=None, ge=0)
    """Number of ancestors that a prompt shows as turns of the conversation, the latest ones; None: all of them.

    With 0, the prompt contains only the parent's feedback, in one message with the problem: a small model that sees
    its own turn copies it."""
    execution_feedback: bool = True
    """True to show results of execution to the models and the strategy. Without it (the paper's ablation), candidates
    are still executed, but the prompts, the order of the search and, unless it is set, the winner's order ignore the
    results."""
    process_reward: bool = True
    """True to use a critic. Without it (an ablation), ρ is null and the prompts contain no critique."""
    outcome_only: bool = False
    """Order by ω alone (an ablation): the critic is called and its critique is shown, but ρ decides nothing."""
    winner_order: Annotated[tuple[WinnerKey, ...], Field(min_length=1)] | None = None
    """Criteria of the winner, most important first, each in its better direction. None: pass rate, time, ω; without
    execution feedback ρ alone."""
    selector: Selector | None = None
    """Method of selecting the winner: `order`, the best of all by `winner_order`; or `codet`, the best by it of the
    largest agreement between solutions and tests (CodeT). None: `codet` where a model wrote the tests, else `order`."""
    written_tests: int = Field(default=10, ge=1, le=1_000)
    """Number of tests requested from the tester, and maximum number used, where the problem has none."""
    tester_temperature: float | None = Field(default=None, ge=0, le=2)
    """The tester's sampling temperature; None: the programmer's."""
    tester_tokens: int | None = Field(default=None, ge=1)
    """Maximum number of new tokens that the tester may write in one turn; None: as many as the programmer."""
    tampering_may_win: bool = False
    """True to let a candidate win that was seen to tamper with its tests; one under mere suspicion always may."""
    order_without_rho: bool = False
    """Select the beam by ω alone until the critic's scores were found to predict the verdicts."""
    continue_truncated: bool = False
    """Request the rest of a programmer's reply that was cut off at `max_tokens`, once."""
    stop_when_solved: bool = False
    """End after the first round in which a candidate passed every trusted test, instead of searching for faster ones.
    Trusted are tests that were given, and of written ones those that two solutions agree on."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Seed of every random choice of the search and, where the endpoint supports it, of each model call."""
    budget: Budget = Budget()
    """Limits of what the search may spend, over all its runs; on reaching one, it ends with its best result so far."""

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
        """Return the temperature and the maximum number of new tokens of a role's turns."""
        if role == "critic":
            return self.critic_temperature, self.critic_tokens
        if role == "programmer":
            return self.temperature, self.max_tokens
        temperature = self.temperature if self.tester_temperature is None else self.tester_temperature
        return temperature, self.tester_tokens or self.max_tokens

    @property
    def winner_keys(self) -> tuple[WinnerKey, ...]:
        """Return the winner's order, as it is set or by default."""
        return self.winner_order or (("pass_rate", "time", "omega") if self.execution_feedback else ("rho",))


def changed(config: SearchConfig, changes: Mapping[str, object]) -> SearchConfig:
    """Return the config with some of its numbers changed; raise SettingsError that names an invalid one.

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
"""Defaults of a search with the embedded model, which answers in seconds on a laptop and cannot follow long prompts."""
