"""What an interpreter in a sandbox told in time, and the test results that this makes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from signal import Signals
from typing import Annotated, Literal

import anyio
from anyio.abc import Process
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orps_agent.problem import Limits, ProgramTest
from orps_agent.report import Metric, Metrics, TestResult, Verdict

from .interpreter_sandbox import ResultPipe
from .suite import same_output

SHORT_SECONDS = 1.0
SHOWN = 2000
SOURCES = {
    "cpu_ns": "process clock (in process)",
    "wall_ns": "performance counter (in process)",
    "page_faults": "rusage (in process)",
    "peak_memory_kb": "rusage of the whole process (in process)",
}
Count = Annotated[int, Field(ge=0, lt=2**63)]


class Line(BaseModel):
    """What the harness says about one test; the candidate may forge its content, but not its shape."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verdict: Literal["pass", "fail", "error"]
    error: str | None = None
    expected: str | None = None
    actual: str | None = None
    cpu_ns: Count | None = None
    wall_ns: Count | None = None
    page_faults: Count | None = None
    peak_memory_kb: Count | None = None

    def metrics(self) -> Metrics:
        """The costs in the line, as single measurements."""
        costs = {name: getattr(self, name) for name in SOURCES}
        return Metrics(**{n: Metric(value=v, source=SOURCES[n]) for n, v in costs.items() if v is not None})


@dataclass
class Allowance:
    """The wall seconds that a candidate has left: `limit` for each test, `budget` for all of them."""

    limit: float
    budget: float
    short: bool = False

    def shorten(self) -> bool:
        """Give every later test less; whether the one that ran until now had less than its usual time."""
        had_less = self.short or self.budget < 0
        self.short, self.limit = True, min(self.limit, SHORT_SECONDS)
        return had_less


@dataclass(frozen=True)
class Ended:
    """How a sandbox went: its lines, after how many seconds it was stopped, or with which status it ended."""

    lines: tuple[Line, ...]
    late: float | None = None
    status: int = 0


async def listen(process: Process, pipe: ResultPipe, *, count: int, allowance: Allowance, to_the_end: bool) -> Ended:
    """Take `count` lines, each within the allowance; `to_the_end` also waits for the exit after the last."""
    lines: list[Line] = []
    while len(lines) < count:
        began, allowed = time.monotonic(), min(allowance.limit, allowance.budget)
        line, status = None, 0
        with anyio.move_on_after(allowed) as scope:
            line = _parsed(await pipe.line())
            if line is None or to_the_end:
                status = await process.wait()
        allowance.budget -= time.monotonic() - began
        if scope.cancelled_caught:
            return Ended(tuple(lines), late=allowed)
        if line is None:
            return Ended(tuple(lines), status=status)
        lines.append(line)
    return Ended(tuple(lines), status=status)


def _parsed(raw: bytes) -> Line | None:
    """The line as data; None for the end of the pipe and for anything that the harness would not write."""
    try:
        return Line.model_validate_json(raw)
    except ValidationError:
        return None


def of_line(name: str, line: Line, *, short: bool) -> TestResult:
    """The result that the harness told."""
    fields = line.model_dump(include={"verdict", "error", "expected", "actual"})
    return TestResult(name=name, short_limit=short, metrics=line.metrics(), **fields)


def of_output(test: ProgramTest, printed: str, ended: Ended, *, short: bool) -> TestResult:
    """The result of a program that ended well, judged by what it printed."""
    metrics = ended.lines[0].metrics() if ended.lines else Metrics()
    result = TestResult(name=test.name, verdict=Verdict.PASS, short_limit=short, metrics=metrics)
    if same_output(test, printed):
        return result
    shown = {"expected": _shortened(test.stdout), "actual": _shortened(printed)}
    return result.model_copy(update={"verdict": Verdict.FAIL, "error": "the output differs", **shown})


def broken(name: str, ended: Ended, allowance: Allowance, *, program: str | None = None) -> TestResult:
    """The result of the test during which the sandbox ended or was stopped; `program` is a program's stderr."""
    if ended.late is not None:
        error = f"stopped after {ended.late:.2g} s"
        return TestResult(name=name, verdict=Verdict.TIMEOUT, error=error, short_limit=allowance.shorten())
    verdict, error = Verdict.CRASHED, f"the interpreter ended with status {ended.status} before the test did"
    if ended.status > 128:
        error = f"the interpreter died of {_signal(ended.status - 128)}"
    elif program is not None:
        last = program.strip().splitlines()[-1:] or [f"exit status {ended.status}"]
        verdict, error = Verdict.ERROR, _shortened(last[0])
    return TestResult(name=name, verdict=verdict, error=error, short_limit=allowance.short)


def not_run(name: str, limits: Limits) -> TestResult:
    """The result of a test for which no time was left."""
    error = f"not run: the {limits.candidate_seconds:g} s for all tests were used up"
    return TestResult(name=name, verdict=Verdict.NOT_RUN, error=error)


def least(runs: Sequence[Metrics]) -> Metrics:
    """The least of each cost over the runs, with (most - least) / least as its spread."""
    found: dict[str, Metric] = {}
    for name, source in SOURCES.items():
        values = [metric.value for run in runs if (metric := getattr(run, name)) is not None]
        if values:
            low, high = min(values), max(values)
            spread = (high - low) / low if low else None
            found[name] = Metric(value=low, source=source, spread=spread)
    return Metrics(**found)


def _signal(number: int) -> str:
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN // 2]} ... {text[-SHOWN // 2 :]}"
