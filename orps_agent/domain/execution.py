"""Define the results of running a candidate: verdicts, metrics, static analysis."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field


class Verdict(StrEnum):
    """Enumerate how one test can end; only `PASS` counts for the pass rate."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    ERROR = "error"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    NOT_RUN = "not_run"


Trust = Literal["split", "delegated", "inproc"]
"""The place where the comparison that gave the verdict ran.

`split`: in a process that the candidate never touched. `delegated`: there too, but by calling a method of an object of
the candidate's. `inproc`: in the candidate's own process, where a hostile candidate could have forged the verdict.
"""


class Metric(BaseModel):
    """Hold one measured quantity: its value, the source that measured it, and the spread of repeated measurements."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float = Field(ge=0)
    source: str
    spread: float | None = Field(default=None, ge=0)
    """(slowest - fastest) / fastest over the repeats; None for a single measurement."""


class Metrics(BaseModel):
    """Hold the costs of a run. A signal that this machine cannot measure is None, never 0: 0 is the best score."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cpu_ns: Metric | None = None
    wall_ns: Metric | None = None
    instructions: Metric | None = None
    branch_misses: Metric | None = None
    page_faults: Metric | None = None
    peak_memory_kb: Metric | None = None


class TestResult(BaseModel):
    """Hold one test's verdict with the values that explain it."""

    __test__: ClassVar[bool] = False
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    verdict: Verdict
    error: str | None = None
    """`AssertionError: ...`, the last line of the traceback, or what the executor observed from outside."""
    expected: str | None = None
    actual: str | None = None
    trust: Trust = "inproc"
    short_limit: bool = False
    """The test had less than its usual time, because the candidate had run into a limit before."""
    metrics: Metrics = Metrics()

    @property
    def passed(self) -> bool:
        """Return True when the verdict is a pass."""
        return self.verdict is Verdict.PASS


class FunctionMetrics(BaseModel):
    """Hold the complexity of one function, method or closure, by its dotted name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    cyclomatic: int = Field(ge=0)
    cognitive: int = Field(ge=0)


class ClassMetrics(BaseModel):
    """Hold the size of one class, by its dotted name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    methods: int = Field(ge=0)
    attributes: int = Field(ge=0)
    """Names bound in the class body or set on the methods' first parameter."""
    wmc: int = Field(ge=0)
    """Weighted methods per class: the sum of its methods' cyclomatic complexities (Chidamber & Kemerer 1994)."""


class StaticAnalysis(BaseModel):
    """Hold the size and complexity of the code, measured without comments and docstrings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lines: int = Field(ge=0)
    """Lines that are not blank, of the code as `ast.unparse` lays it out, whatever its own layout was."""
    ast_nodes: int = Field(ge=0)
    cyclomatic: float = Field(ge=0)
    """McCabe complexity, mean over the functions."""
    cognitive: float = Field(ge=0)
    """Cognitive complexity (Campbell 2018), mean over the functions."""
    functions: tuple[FunctionMetrics, ...] = ()
    classes: tuple[ClassMetrics, ...] = ()


class NotAnalysable(BaseModel):
    """Report that the source cannot be analysed: it does not parse, or parsing it is not safe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str


class TamperFlag(BaseModel):
    """Hold one indication that a candidate is written to pass these tests instead of solving the problem."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    """Kind of tampering, in a word or two: `special case`, `lookup table`, `hard-coded result`, `known input`."""
    severity: Literal["tampering", "suspected"]
    """`tampering`: an honest solution would not do this; `suspected`: one might."""
    evidence: str
    """Location and code that raised the flag, in one printable line."""


class ExecutionReport(BaseModel):
    """Hold F of the tree node: what happened when the candidate was run on a suite."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    results: tuple[TestResult, ...] = ()
    tier: int | None = Field(default=None, ge=1, le=3)
    """Isolation tier: 1 namespaces and filters, 2 filters only, 3 none; None when nothing was run."""
    stdout: str = ""
    stderr: str = ""
    flags: tuple[TamperFlag, ...] = ()
    """Actions of the candidate, observed from outside, that honest solutions do not perform."""

    @property
    def passed(self) -> int:
        """Return the number of tests that passed."""
        return sum(result.passed for result in self.results)

    @property
    def pass_rate(self) -> float:
        """Return the share of tests that passed, 0 to 1; 0 for a report without tests."""
        return self.passed / len(self.results) if self.results else 0.0

    @property
    def all_passed(self) -> bool:
        """Return True when there is at least one test and all of them passed."""
        return bool(self.results) and self.passed == len(self.results)

    @property
    def tampering(self) -> bool:
        """Return True when tampering was observed; flags of mere suspicion do not count."""
        return any(flag.severity == "tampering" for flag in self.flags)

    def mean(self, metric: str) -> float | None:
        """Return the mean of a metric over the passed tests; None when no passed test has it."""
        found = [getattr(result.metrics, metric) for result in self.results if result.passed]
        values = [each.value for each in found if each is not None]
        return sum(values) / len(values) if values else None
