"""What a bench run knows of one problem solved by one method: what every report is made from."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from orps_agent.budget.account import BY_THE_BATCH

Regime = Literal["weak", "real"]
"""What the search saw: `weak`, tests that a model wrote or the dataset's weaker split (ORPS); `real`, the tests that
the winner is judged on as well (ORPS(+T)). Numbers of the two are never put side by side."""

DYNAMIC = ("cpu_ns", "instructions", "branch_misses", "page_faults")
STATIC = ("lines", "ast_nodes", "cyclomatic", "cognitive")


class Costs(BaseModel):
    """What a solution costs, by the names of DYNAMIC and STATIC; what could not be measured is missing, never 0.

    Dynamic ones are means over the held-back tests that the winner and the gold solution both pass, so that the two
    can be divided. Of a winner that passes none there are none, and the gold's are over all that the gold passes: they
    then say which signals there were to be compared.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    values: dict[str, float] = {}
    sources: dict[str, str] = {}
    """What measured each dynamic one; two sources are never compared."""
    spreads: dict[str, float] = {}
    """(slowest - fastest) / fastest over the repeats, where there were some."""


class Sample(BaseModel):
    """One candidate, in the order in which they were asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    candidate: str
    round: int
    """From 0; the candidates of round 0 know nothing of one another."""
    visible: float = Field(ge=0, le=1)
    """Share of the tests that the search saw which it passes."""
    passed: int = Field(ge=0)
    """Of the held-back tests."""
    process: int | None = None
    omega: float = 0.0
    valid: bool = True
    """Whether its source could be analysed at all."""


class Point(BaseModel):
    """What the winner would have been, had the search ended here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    candidates: int = Field(ge=1)
    calls: int = Field(ge=0)
    """Model calls made until then."""
    passed: int = Field(ge=0)
    """Of the held-back tests."""


class Record(BaseModel):
    """One problem, one method, one seed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: str
    problem: str
    method: str
    regime: Regime
    seed: int
    programmer: str
    critic: str
    budget: str
    """The limits in words, `40 calls`; `no limit` where there is none."""
    search: str
    """The id of the stored search."""
    reason: str
    """Why it ended."""
    passed: int = Field(ge=0)
    """Held-back tests that the winner passes."""
    tests: int = Field(ge=1)
    valid: bool
    """Whether there was a winner whose source could be analysed."""
    winner: Costs | None = None
    gold: Costs | None = None
    """None where there is no gold solution, or it fails its own tests."""
    tier: int | None = None
    """Isolation tier that it was judged in, or would have been, had there been a winner; None when not known."""
    calls: int = Field(ge=0)
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    """USD; None when not known."""
    seconds: float = Field(ge=0)
    """Wall time of the search."""
    samples: tuple[Sample, ...] = ()
    curve: tuple[Point, ...] = ()

    @property
    def cut_short(self) -> bool:
        """Whether the limits of the whole batch ended the search, and not its own."""
        return self.reason.endswith(BY_THE_BATCH)

    @property
    def solved(self) -> bool:
        """Whether the winner passes all held-back tests: what Pass@1 counts."""
        return self.passed == self.tests

    @property
    def pass_rate(self) -> float:
        """Share of the held-back tests that the winner passes, 0 to 1."""
        return self.passed / self.tests
