"""Run searches without their slow parts: a model that writes nonsense of realistic length, and an idle executor.

The model's texts depend on the request alone, and no two are alike: about 11 KB of R + C + F + K a candidate.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import anyio

from orps_agent.agent import Agent
from orps_agent.domain.artifact import Artifact, Program
from orps_agent.domain.execution import ExecutionReport, Metric, Metrics, TestResult, Verdict
from orps_agent.domain.problem import Limits, Problem, SnippetTest, TestSuite
from orps_agent.llm import ModelReply, ModelRequest, Models, OnPiece
from orps_agent.settings import load_settings
from orps_agent.store import Store
from orps_agent.tools.executor import Comparison

NAME = "made-up"
SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in ("a", "e", "i", "o", "u", "an", "er", "is")]

PROBLEM = Problem(
    id="made-up",
    statement="Write pick(values). " + " ".join(f"Rule {n}: keep what rule {n - 1} keeps." for n in range(1, 40)),
    entry_points=("pick",),
    tests=TestSuite(
        tests=tuple(SnippetTest(name=str(n), code=f"assert pick(list(range({n}))) == {n}") for n in range(10))
    ),
)


class _Idle:
    """Provide a context that holds no resources."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing, as there is nothing to close."""


class MadeUpModel(_Idle):
    """Reply to every request after `latency` seconds: the programmer with R and C, the critic with K and ρ."""

    name = NAME

    def __init__(self, latency: float = 0.0) -> None:
        self._latency = latency

    async def complete(self, request: ModelRequest, on_piece: OnPiece | None = None) -> ModelReply:
        chance = random.Random(f"{request.seed} {request.role}")
        if request.role == "critic":
            text = f"{prose(chance, 3200)}\n\nSCORE: {chance.randint(1, 4)}"
        else:
            text = f"{prose(chance, 4600)}\n\n{Program(program(chance, 2400)).text}"
        await anyio.sleep(self._latency)
        return ModelReply(text=text, model=NAME, prompt_tokens=9, completion_tokens=9, seconds=self._latency)


class MadeUpExecutor(_Idle):
    """Execute no code: verdicts, outputs and measurements are drawn at random, seeded by the solution."""

    async def run(
        self, solution: Artifact, suite: TestSuite, *, entry_points: tuple[str, ...] = (), limits: Limits | None = None
    ) -> ExecutionReport:
        chance = random.Random(solution.source)
        return ExecutionReport(results=tuple(_result(chance, each.name) for each in suite.tests), tier=1)

    async def profile(
        self,
        solution: Artifact,
        suite: TestSuite,
        report: ExecutionReport,
        *,
        entry_points: tuple[str, ...] = (),
        limits: Limits | None = None,
    ) -> ExecutionReport:
        chance = random.Random(solution.source)
        results = tuple(
            each.model_copy(update={"metrics": _metrics(chance)}) if each.passed else each for each in report.results
        )
        return report.model_copy(update={"results": results})

    async def contest(
        self,
        ours: Artifact,
        theirs: Artifact,
        suite: TestSuite,
        *,
        entry_points: tuple[str, ...] = (),
        limits: Limits | None = None,
    ) -> Comparison | None:
        return None


@asynccontextmanager
async def agent(
    database: Path, *, latency: float = 0.0, runs: bool = False, store: Store | None = None
) -> AsyncIterator[Agent]:
    """Open the real agent and graph, over a file or another store, around the made-up model.

    The executor is made up as well, unless it `runs` candidates.
    """
    model = MadeUpModel(latency)
    models = Models(programmer=model, critic=model, tester=model)
    executor = None if runs else MadeUpExecutor()
    async with Agent(load_settings(db=database), models=models, executor=executor, store=store) as opened:
        yield opened


def _pool() -> str:
    chance = random.Random(0)
    text = ""
    while len(text) < 200_000:
        words = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(chance.randint(6, 14))]
        text += " ".join(words).capitalize() + chance.choice((". ", ". ", ".\n\n"))
    return text


_WORDS = _pool()


def prose(chance: random.Random, length: int) -> str:
    """Return sentences that are new every time: cut out of a long text, as generating them costs more than storing."""
    at = chance.randrange(len(_WORDS) - length)
    return f"{chance.randrange(10**9)} {_WORDS[at : at + length]}".strip()


def words(chance: random.Random, length: int) -> str:
    """Return prose in a single line."""
    return " ".join(prose(chance, length).split())


def program(chance: random.Random, length: int) -> str:
    """Return functions that compile, and the requested one, which fails some of the tests."""
    lines: list[str] = []
    while sum(map(len, lines)) < length:
        name, other = ("".join(chance.choices(SYLLABLES, k=3)) for _ in range(2))
        lines += [f"def do_{name}({other}, limit={chance.randrange(10**6)}):", "    total = 0"]
        for _ in range(8):
            lines += [f"    if {other} > {chance.randrange(999)}:  # {words(chance, 40)}"]
            lines += [f"        total += {other} * {chance.randrange(10**6)} % limit"]
        lines += ["    return total", "", ""]
    lines += ["def pick(values):", f"    kept = [do_{name}(each) for each in values]"]
    lines += [f"    return len(kept) if len(kept) % {chance.randrange(2, 9)} else 0"]
    return "\n".join(lines)


def _result(chance: random.Random, name: str) -> TestResult:
    if chance.random() < 0.7:
        return TestResult(name=name, verdict=Verdict.PASS, trust="split", metrics=_metrics(chance))
    return TestResult(
        name=name,
        verdict=Verdict.FAIL,
        trust="split",
        error="AssertionError",
        expected=str([chance.randrange(10**6) for _ in range(12)]),
        actual=str([chance.randrange(10**6) for _ in range(12)]),
    )


def _metrics(chance: random.Random) -> Metrics:
    def metric(most: int, source: str) -> Metric:
        value = chance.randrange(most // 2, most)
        return Metric(value=value, source=source, spread=round(chance.randrange(most) / value, 4))

    return Metrics(
        cpu_ns=metric(400_000, "process cpu clock"),
        wall_ns=metric(800_000, "monotonic clock"),
        page_faults=metric(60, "wait4 minor faults"),
        peak_memory_kb=metric(15_000, "wait4 maximum resident set"),
    )
