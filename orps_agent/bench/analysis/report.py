"""A bench report as one value: everything is worked out once, and every way of writing it down renders this."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from orps_agent.bench.record import Regime
from orps_agent.domain.calibration import Calibration

from .estimates import Estimate

Kind = Literal["name", "words", "share", "points", "relative", "ratio", "count", "usd", "seconds", "chance", "number"]
"""How a column reads: `share` as a percentage, `points` as a difference of two of them, `relative` with 100 for the
gold solution, `chance` as a probability."""

Cell = Estimate | str


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Value):
    """What stands in one place of every row."""

    name: str
    kind: Kind


class Table(_Value):
    """Rows of cells: of `name` and `words` columns the cells are texts, of all others estimates."""

    title: str
    about: str
    """What the figures mean, in a sentence or two."""
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    problems: int
    """How many problems the methods are compared on; an estimate that is made from fewer says so."""
    notes: tuple[str, ...] = ()
    """Sentences, each beginning with words of ours, here and in all other notes."""


class Curve(_Value):
    """Pass@1 of one method, had every search ended after some number of model calls."""

    method: str
    points: tuple[tuple[int, float], ...]
    """Calls, and the share of problems solved from there on, up to the next."""


class Mark(_Value):
    """One method by its time and its correctness."""

    method: str
    source: str
    """What measured the time."""
    time: Estimate
    solved: Estimate


class Dots(_Value):
    """Every problem under every method."""

    problems: tuple[str, ...]
    """Those that are solved most come first."""
    methods: tuple[str, ...]
    passed: tuple[tuple[float, ...], ...]
    """By method and problem: the share of the held-back tests passed, mean over the seeds; 1 if always solved."""


class Worth(_Value):
    """What the critic's scores were worth under one method."""

    method: str
    calibration: Calibration


class GroupReport(_Value):
    """Methods side by side, on the same problems under the same setup."""

    programmer: str
    critic: str
    budget: str
    tier: int | None
    seeds: tuple[int, ...]
    problems: int
    methods: tuple[str, ...]
    sources: dict[str, tuple[str, ...]]
    """What measured which costs of running."""
    notes: tuple[str, ...]
    tables: tuple[Table, ...]
    curves: tuple[Curve, ...]
    marks: tuple[Mark, ...]
    dots: Dots
    worths: tuple[Worth, ...]

    @property
    def label(self) -> str:
        """What stands under every table and plot, so that none is ever without it."""
        tier = "isolation tier not known" if self.tier is None else f"isolation tier {self.tier}"
        models = self.programmer if self.programmer == self.critic else f"{self.programmer}, critic {self.critic}"
        seeds = f"seed{'s' * (len(self.seeds) > 1)} {', '.join(map(str, self.seeds))}"
        measured = "".join(f"; {', '.join(costs)} by {source}" for source, costs in self.sources.items())
        problems = f"{self.problems} problem{'s' * (self.problems != 1)}"
        return f"{models}; {self.budget}; {seeds}; {tier}; {problems}{measured}"


class Section(_Value):
    """One dataset under one regime: what is in two sections is never compared."""

    dataset: str
    regime: Regime
    groups: tuple[GroupReport, ...]

    @property
    def title(self) -> str:
        """`lbpp: searched on the weak tests, judged on the held-back ones`."""
        return f"{self.dataset}: {_REGIMES[self.regime]}"


_REGIMES = {
    "weak": "searched on the weak tests, judged on the held-back ones",
    "real": "searched and judged on the real tests",
}


class Report(_Value):
    """Everything that the records say."""

    searches: int
    notes: tuple[str, ...]
    sections: tuple[Section, ...]
