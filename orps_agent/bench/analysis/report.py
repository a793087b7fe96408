"""Define a bench report as one value: everything is computed once, and every output format renders this value."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from orps_agent.bench.record import Regime
from orps_agent.domain.calibration import Calibration

from .estimates import Estimate

Kind = Literal["name", "words", "share", "points", "relative", "ratio", "count", "usd", "seconds", "chance", "number"]
"""Kind of a column: `share` is shown as a percentage, `points` as a difference of two of them, `relative` with 100 for
the gold solution, `chance` as a probability."""

Cell = Estimate | str


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Value):
    """Describe a column of a table."""

    name: str
    kind: Kind


class ReportTable(_Value):
    """Hold rows of cells: texts in columns of kind `name` and `words`, estimates in all others."""

    title: str
    about: str
    """Meaning of the figures, in a sentence or two."""
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    problems: int
    """Number of problems that the methods are compared on; estimates from fewer problems are marked."""
    notes: tuple[str, ...] = ()
    """Sentences, each beginning with words of ours, here and in all other notes."""


class Curve(_Value):
    """Hold Pass@1 of one method, had every search ended after a number of model calls."""

    method: str
    points: tuple[tuple[int, float], ...]
    """Pairs of calls and the share of problems solved from there on, up to the next."""


class MethodPoint(_Value):
    """Hold the time and the correctness of one method."""

    method: str
    source: str
    """Source of the measured time."""
    time: Estimate
    solved: Estimate


class Dots(_Value):
    """Hold the results of every problem under every method."""

    problems: tuple[str, ...]
    """Problem names; those that are solved most often come first."""
    methods: tuple[str, ...]
    passed: tuple[tuple[float, ...], ...]
    """Share of the held-back tests passed by method and problem, mean over the seeds; 1 if always solved."""


class CriticWorth(_Value):
    """Hold the calibration of the critic's scores under one method."""

    method: str
    calibration: Calibration


class GroupReport(_Value):
    """Hold the results of methods on the same problems under the same setup."""

    programmer: str
    critic: str
    budget: str
    tier: int | None
    seeds: tuple[int, ...]
    problems: int
    methods: tuple[str, ...]
    sources: dict[str, tuple[str, ...]]
    """Names of the costs of running by their source of measurement."""
    notes: tuple[str, ...]
    tables: tuple[ReportTable, ...]
    curves: tuple[Curve, ...]
    marks: tuple[MethodPoint, ...]
    dots: Dots
    worths: tuple[CriticWorth, ...]

    @property
    def label(self) -> str:
        """Return the caption of every table and plot: models, budget, seeds, tier, problems, sources."""
        tier = "isolation tier not known" if self.tier is None else f"isolation tier {self.tier}"
        models = self.programmer if self.programmer == self.critic else f"{self.programmer}, critic {self.critic}"
        seeds = f"seed{'s' * (len(self.seeds) > 1)} {', '.join(map(str, self.seeds))}"
        measured = "".join(f"; {', '.join(costs)} by {source}" for source, costs in self.sources.items())
        problems = f"{self.problems} problem{'s' * (self.problems != 1)}"
        return f"{models}; {self.budget}; {seeds}; {tier}; {problems}{measured}"


class Section(_Value):
    """Hold the results of one dataset under one regime; different sections are never compared."""

    dataset: str
    regime: Regime
    groups: tuple[GroupReport, ...]

    @property
    def title(self) -> str:
        """Return a title such as `lbpp: searched on the weak tests, judged on the held-back ones`."""
        return f"{self.dataset}: {_REGIMES[self.regime]}"


_REGIMES = {
    "weak": "searched on the weak tests, judged on the held-back ones",
    "real": "searched and judged on the real tests",
}


class Report(_Value):
    """Hold the whole analysis of a set of records."""

    searches: int
    notes: tuple[str, ...]
    sections: tuple[Section, ...]
