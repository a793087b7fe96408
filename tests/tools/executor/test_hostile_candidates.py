"""Run hostile candidates: none passes, stalls, or leaves anything behind, and the next honest one is served."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
import pytest
import pytest_asyncio

from orps_agent.domain.artifact import Program
from orps_agent.domain.execution import Verdict
from orps_agent.domain.problem import Limits, SnippetTest, TestSuite
from orps_agent.tools.executor import Executor

HACKS = {path.stem: path.read_text() for path in sorted((Path(__file__).parents[1] / "hacks").glob("*.py"))}
LIMITS = Limits(test_seconds=0.5, candidate_seconds=3.0, memory_mb=128, file_mb=4)
SUITE = TestSuite(
    tests=tuple(
        SnippetTest(name=name, code=code)
        for name, code in {
            "equal": "assert solve([1, 2, 3]) == 731",
            "close": "assert abs(solve([4]) - 17.25) <= 0.01",
            "listed": "assert list(solve([9])) == [1, 8, 27, 64] and len(solve([9])) == 4",
            "callback": "assert solve([1, 1], key=lambda n: 4000) == 4242",
        }.items()
    )
)
HONEST = "def solve(numbers, key=None):\n    return {3: 731, 1: 17.25}[len(numbers)] if key is None else key(1) + 242"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def executor(make_executor: Callable[..., Executor]) -> AsyncIterator[Executor]:
    async with make_executor(slots=1, short_seconds=0.1, max_timeouts=1) as running:
        yield running


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("hack", HACKS)
async def test_a_hostile_candidate_gains_nothing(executor: Executor, hack: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.parent.rglob("*"))
    with anyio.fail_after(60):  # far beyond the budget: a hang, not a slow machine
        report = await executor.run(Program(HACKS[hack]), SUITE, entry_points=("solve",), limits=LIMITS)
    assert [result.name for result in report.results if result.passed] == []
    assert len(report.results) == len(SUITE.tests)
    assert sorted(tmp_path.parent.rglob("*")) == before
    honest = await executor.run(Program(HONEST), SUITE, entry_points=("solve",), limits=LIMITS)
    assert [result.verdict for result in honest.results] == [Verdict.PASS, Verdict.PASS, Verdict.ERROR, Verdict.PASS]
