"""Define the record of one problem solved by one method, from which all reports are made."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from orps_agent.budget.account import BY_THE_BATCH

Regime = Literal["weak", "real"]
"""The tests that the search sees: `weak`, tests that a model wrote or the dataset's weaker split (ORPS); `real`, the
tests that the winner is judged on as well (ORPS(+T)). Results of the two are never compared."""

DYNAMIC = ("cpu_ns", "instructions", "branch_misses", "page_faults")
STATIC = ("lines", "ast_nodes", "cyclomatic", "cognitive")


class Costs(BaseModel):
    """Hold a solution's costs by the names of DYNAMIC and STATIC; one that could not be measured is missing, never 0.

    Dynamic ones are means over the held-back tests that the winner and the gold solution both pass, so that the two
    can be divided. A winner that passes none has none, and the gold's are then means over all tests that the gold
    passes: they show which signals could have been compared.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    values: dict[str, float] = {}
    sources: dict[str, str] = {}
    """The source that measured each dynamic cost; values of two sources are never compared."""
    spreads: dict[str, float] = {}
    """(slowest - fastest) / fastest over the repeats, where there were some."""


class Sample(BaseModel):
    """Hold one candidate's results; samples are in the order in which candidates were requested."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    candidate: str
    round: int
    """Round, from 0; the candidates of round 0 do not depend on each other."""
    visible: float = Field(ge=0, le=1)
    """Share of the visible tests that it passes, 0 to 1."""
    passed: int = Field(ge=0)
    """Number of held-back tests that it passes."""
    process: int | None = None
    omega: float = 0.0
    valid: bool = True
    """True when its source could be analysed."""


class Point(BaseModel):
    """Describe the winner if the search had ended after this many candidates."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    candidates: int = Field(ge=1)
    calls: int = Field(ge=0)
    """Model calls made until then."""
    passed: int = Field(ge=0)
    """Number of held-back tests that the winner passes."""


class Record(BaseModel):
    """Hold the results of one problem, one method, one seed."""

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
    """Reason why the search ended."""
    passed: int = Field(ge=0)
    """Held-back tests that the winner passes."""
    tests: int = Field(ge=1)
    valid: bool
    """True when there was a winner whose source could be analysed."""
    winner: Costs | None = None
    gold: Costs | None = None
    """None where there is no gold solution, or it fails its own tests."""
    tier: int | None = None
    """Isolation tier in which it was judged, or in which its candidates ran if it has no winner; None if unknown."""
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
        """Return True when the budget of the whole batch ended the search, not the search's own."""
        return self.reason.endswith(BY_THE_BATCH)

    @property
    def solved(self) -> bool:
        """Return True when the winner passes all held-back tests, which Pass@1 counts."""
        return self.passed == self.tests

    @property
    def pass_rate(self) -> float:
        """Return the share of the held-back tests that the winner passes, 0 to 1."""
        return self.passed / self.tests
