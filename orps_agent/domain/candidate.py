"""Model the tree of a search as a pure value: candidates, their states, and the paths between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from orps_agent.errors import UnknownCandidate

from .artifact import ArtifactText
from .execution import ExecutionReport, NotAnalysable, StaticAnalysis


class Status(StrEnum):
    """Enumerate the states of a candidate.

    `RUNNING` until its last stage is stored; then `OPEN` (may be expanded) or `CLOSED` (the critic found nothing left
    to improve). `PRUNED` when the beam did not select it. `FAILED` when no model reply could be obtained for it.
    `HALTED` when the budget did not allow its next model call: a resume with a larger budget continues it from there.
    """

    RUNNING = "running"
    OPEN = "open"
    CLOSED = "closed"
    PRUNED = "pruned"
    FAILED = "failed"
    HALTED = "halted"


class RewardPart(BaseModel):
    """Hold one term of a reward: the raw quantity, its score, and the weight of the score in the mean of its group."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    group: str
    raw: float | None
    score: float | None
    weight: float


class OutcomeReward(BaseModel):
    """Hold ω with everything needed to explain it; `value` is between 0 and 2."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float = Field(ge=0, le=2)
    pass_rate: float = Field(ge=0, le=1)
    static: float | None = None
    dynamic: float | None = None
    parts: tuple[RewardPart, ...] = ()

    @property
    def percent(self) -> float:
        """Return ω/2 in percent, as the paper shows it."""
        return 50 * self.value


class Candidate(BaseModel):
    """Hold a tree node s = (R, C, F, ω, K, ρ); the fields of a stage that has not run yet are None.

    The id is the path from the root, `3.0.12`: child 12 of child 0 of the fourth first-round sample. It depends on
    nothing but the shape of the tree, so that an interrupted and an uninterrupted search name their nodes alike.
    In JSON the solution is its source, under the key `code`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, serialize_by_alias=True)

    id: str = Field(pattern=r"^\d+(\.\d+)*$")
    round: int = Field(ge=0)
    hint: str
    shown: tuple[str, ...] = ()
    """Candidates outside its branch that the programmer's prompt showed: earlier attempts from the same parent."""
    status: Status = Status.RUNNING
    reasoning: str | None = None
    """R: the reasoning found in the programmer's reply."""
    solution: ArtifactText | None = Field(default=None, alias="code")
    """C: the solution found in the reply; empty when there was none."""
    report: ExecutionReport | None = None
    """F: the report of running it on the tests."""
    analysis: StaticAnalysis | NotAnalysable | None = None
    outcome: OutcomeReward | None = None
    """ω, the outcome reward."""
    critique: str | None = None
    """K: the critic's reasoning."""
    process: int | None = Field(default=None, ge=1, le=5)
    """ρ, the process reward; None when the critic gave no readable score."""
    error: str | None = None
    """Reason why the candidate failed, or why one of its stages could not be carried out."""

    @property
    def parent(self) -> str | None:
        """Return the parent's id; None for a candidate of the first round."""
        head, _, _ = self.id.rpartition(".")
        return head or None

    @property
    def branch(self) -> tuple[str, ...]:
        """Return the ids from the first round down to this candidate."""
        steps = self.id.split(".")
        return tuple(".".join(steps[: depth + 1]) for depth in range(len(steps)))

    @property
    def code(self) -> str | None:
        """Return the solution's source; an empty text when the reply held none, None before the reply."""
        return None if self.solution is None else self.solution.source

    @property
    def turn(self) -> str:
        """Return the programmer's turn as later prompts of the branch show it: reasoning, then the fenced solution."""
        fenced = self.solution.text if self.solution else ""
        return "\n\n".join(part for part in (self.reasoning, fenced) if part)

    @property
    def omega(self) -> float:
        """Return ω as a number; 0 before execution, which is also the value of a solution that passes nothing."""
        return self.outcome.value if self.outcome else 0.0

    @property
    def pass_rate(self) -> float:
        """Return the share of the visible tests that passed, 0 to 1; 0 before execution."""
        return self.report.pass_rate if self.report else 0.0

    @property
    def solved(self) -> bool:
        """Return True when every visible test passed."""
        return self.report is not None and self.report.all_passed

    @property
    def outline(self) -> Outline:
        """Return the candidate's outline: its numbers and states without its texts."""
        report = self.report
        means = {name: report.mean(name) for name in COSTS} if report else {}
        return Outline(
            id=self.id,
            round=self.round,
            hint=self.hint,
            status=self.status,
            passed=report.passed if report else None,
            tests=len(report.results) if report else None,
            omega=self.outcome.value if self.outcome else None,
            process=self.process,
            written=bool(self.solution),
            costs={name: mean for name, mean in means.items() if mean is not None},
            flagged=report is not None and bool(report.flags),
            tampering=report is not None and report.tampering,
        )


COSTS = ("cpu_ns", "instructions", "branch_misses", "page_faults")
"""The metrics that a winner may be chosen by."""


class Outline(NamedTuple):
    """Hold the fields of a candidate that draw a tree and choose a winner, without its texts; None: not known yet.

    A tuple, which is made in half the time of a frozen dataclass: there may be ten thousand of them.
    """

    id: str
    round: int
    hint: str
    status: Status
    passed: int | None
    tests: int | None
    omega: float | None
    process: int | None
    written: bool = False
    """True when it has a solution, right or wrong."""
    costs: Mapping[str, float] = MappingProxyType({})
    """The means of COSTS over its passed tests, as far as they were measured."""
    flagged: bool = False
    tampering: bool = False

    @property
    def pass_rate(self) -> float:
        """Return the share of the visible tests that passed, 0 to 1; 0 before execution."""
        return (self.passed or 0) / self.tests if self.tests else 0.0

    @property
    def solved(self) -> bool:
        """Return True when every visible test passed."""
        return bool(self.tests) and self.passed == self.tests


def path_key(candidate_id: str) -> tuple[int, ...]:
    """Return a sort key for candidate ids: `2` sorts before `10`, a parent before its children."""
    return tuple(map(int, candidate_id.split(".")))


class Tree:
    """Hold all candidates of one search, by id and in path order; immutable."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._nodes = {each.id: each for each in sorted(candidates, key=lambda each: path_key(each.id))}

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self._nodes.values())

    def __contains__(self, candidate_id: object) -> bool:
        return candidate_id in self._nodes

    def __getitem__(self, candidate_id: str) -> Candidate:
        try:
            return self._nodes[candidate_id]
        except KeyError:
            raise UnknownCandidate(f"no candidate {candidate_id!r}: `orps show` draws the tree") from None
