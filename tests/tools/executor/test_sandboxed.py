"""Run honest, wrong, slow and broken candidates on suites of every shape."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
import pytest_asyncio

from orps_agent.domain.artifact import Program
from orps_agent.domain.execution import ExecutionReport, Verdict
from orps_agent.domain.language import LANGUAGES, Language
from orps_agent.domain.problem import Limits, ProgramTest, SnippetTest, TestSuite
from orps_agent.errors import ExecutorError, ProblemError
from orps_agent.settings import ExecutorSettings
from orps_agent.tools.executor import Executor, SplitExecutor

pytestmark = pytest.mark.asyncio(loop_scope="module")
LIMITS = Limits(test_seconds=2.0, candidate_seconds=8.0, memory_mb=256)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def executor(make_executor: Callable[..., Executor]) -> AsyncIterator[Executor]:
    async with make_executor(slots=1, short_seconds=0.1) as running:
        yield running


def suite_of(*codes: str, setup: str = "", module: str | None = None) -> TestSuite:
    tests = tuple(SnippetTest(name=str(place), code=code) for place, code in enumerate(codes))
    return TestSuite(setup=setup, module=module, tests=tests)


async def run(executor: Executor, code: str, suite: TestSuite, *names: str, limits: Limits = LIMITS) -> ExecutionReport:
    return await executor.run(Program(code), suite, entry_points=names or ("f",), limits=limits)


def verdicts(report: ExecutionReport) -> list[str]:
    return [result.verdict.value for result in report.results]


async def test_verdicts_come_with_what_was_compared(executor: Executor) -> None:
    suite = suite_of("assert f(2) == 4", "assert f(2) == 5", "assert f(2) > 4, 'small'", "f(None)", "assert g(1)")
    report = await run(executor, "def f(n): return n * 2", suite)
    assert verdicts(report) == ["pass", "fail", "fail", "error", "error"]
    assert (report.results[1].actual, report.results[1].expected) == ("4", "5")
    assert report.results[2].error == "AssertionError: small"
    assert "unsupported operand" in str(report.results[3].error)
    assert "name 'g' is not defined" in str(report.results[4].error)
    assert {result.trust for result in report.results} == {"split"}
    if isinstance(executor, SplitExecutor):
        assert report.tier == executor.isolation.tier


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("def f(:", "does not load: "),
        ("import nothing_of_that_name", "No module named 'nothing_of_that_name'"),
        ("x = 1 / 0", "does not load: ZeroDivisionError"),
        ("f\0", "does not load: "),
        ("x = '\ud800'", "does not load: "),
        ("", "name 'f' is not defined"),
    ],
)
async def test_a_source_that_does_not_load_is_an_error(executor: Executor, code: str, error: str) -> None:
    report = await run(executor, code, suite_of("assert f(1) == 1"))
    assert verdicts(report) == ["error"]
    assert error in str(report.results[0].error)


async def test_arguments_are_changed_in_place(executor: Executor) -> None:
    code = "def f(rows, index):\n    rows.sort()\n    rows[0].append(9)\n    index['n'] = len(rows)\n    return rows"
    test = """
inner, index = [3], {}
rows = [inner, [1]]
result = f(rows, index)
assert rows == [[1, 9], [3]]
assert rows[1] is inner and result is rows and index == {"n": 2}
"""
    assert verdicts(await run(executor, code, suite_of(test))) == ["pass"]


async def test_callbacks_exceptions_and_iterators_cross(executor: Executor) -> None:
    code = """
class Empty(LookupError):
    def __init__(self, size):
        super().__init__(f"size {size}")
        self.size = size
def f(function, values):
    for value in values:
        yield function(value)
def g(size):
    raise Empty(size)
"""
    suite = suite_of(
        "assert list(f(lambda n: n * n, iter([1, 2, 3]))) == [1, 4, 9]",
        "try:\n    g(3)\nexcept Empty as error:\n    assert error.size == 3 and str(error) == 'size 3'",
        "import pytest\nwith pytest.raises(Empty):\n    g(3)",
        "import pytest\nwith pytest.raises(LookupError, match='size 4'):\n    g(4)",
        "def bad(n):\n    raise KeyError(n)\nimport pytest\nwith pytest.raises(KeyError):\n    list(f(bad, [1]))",
    )
    assert verdicts(await run(executor, code, suite, "f", "g", "Empty")) == ["pass"] * 5


async def test_objects_of_the_solution_can_be_used(executor: Executor) -> None:
    code = """
class Node:
    def __init__(self, value, next=None):
        self.value, self.next = value, next
    def __len__(self):
        return 1 + (len(self.next) if self.next else 0)
    def __eq__(self, other):
        return isinstance(other, Node) and self.value == other.value
"""
    suite = suite_of(
        "node = Node(1, Node(2))\nnode.next.next = Node(3)\nassert len(node) == 3 and node.next.value == 2",
        "assert Node(1) == Node(1)",
        "assert Node(1) != 1",
        setup="from solution_module import Node",
        module="solution_module",
    )
    report = await run(executor, code, suite, "Node")
    assert verdicts(report) == ["pass"] * 3
    assert [result.trust for result in report.results] == ["split", "delegated", "split"]


async def test_a_context_cannot_swallow_a_failed_assertion(executor: Executor) -> None:
    code = """
class f:
    def __enter__(self): return self
    def __exit__(self, kind, error, trace): return kind is not None
"""
    suite = suite_of("with f():\n    assert False", "with f():\n    raise KeyError", "with f():\n    pass")
    report = await run(executor, code, suite)
    assert verdicts(report) == ["fail", "pass", "pass"]
    assert report.results[1].trust == "delegated"


async def test_a_helper_of_the_solution_makes_a_verdict_delegated(executor: Executor) -> None:
    code = "import math\ndef isclose(*values): return True\nclass M: sqrt = isclose\ndef f(n): return n"
    suite = suite_of("assert isclose(f(1), 7)", "assert math.isclose(f(1), 7)")
    report = await run(executor, code, suite)
    assert [(result.verdict.value, result.trust) for result in report.results] == [
        ("pass", "delegated"),
        ("fail", "split"),
    ]
    forged = await run(executor, code + "\nclass math: isclose = isclose", suite)
    assert [result.verdict.value for result in forged.results] == ["pass", "fail"]


async def test_texts_can_be_stored(executor: Executor) -> None:
    report = await run(executor, "def f(n): raise ValueError('\\ud800')", suite_of("f(1)"))
    assert str(report.results[0].error).encode() == b"ValueError: ?"


async def test_parametrize_and_approx(executor: Executor) -> None:
    setup = """
import pytest

@pytest.mark.parametrize("n, half", [(1, 0.5), pytest.param(3, 1.5)])
def test_half(n, half):
    assert f(n) == pytest.approx(half)
"""
    suite = suite_of("test_half()", setup=setup)
    assert verdicts(await run(executor, "def f(n): return n / 2 + 1e-9", suite)) == ["pass"]
    assert verdicts(await run(executor, "def f(n): return 0.5", suite)) == ["fail"]


async def test_a_crash_cannot_be_caught_by_the_test(executor: Executor) -> None:
    suite = suite_of("try:\n    f(1)\nexcept BaseException:\n    pass")
    report = await run(executor, "import os\ndef f(n): os._exit(0)", suite)
    assert verdicts(report) == ["crashed"]
    assert report.results[0].error == "the process exited with status 0 before the test ended"
    assert [flag.kind for flag in report.flags] == ["early_exit"]
    honest = await run(executor, "def f(n): raise ValueError(n)", suite)
    assert verdicts(honest) == ["pass"]


async def test_tests_beyond_proxies_run_in_one_process_and_say_so(executor: Executor) -> None:
    suite = suite_of(
        "f('a.txt')\nassert open('a.txt').read() == 'written'",
        "import os\nassert not os.path.exists('a.txt')",
        "assert f('b.txt') is None",
    )
    report = await run(executor, "def f(path):\n    with open(path, 'w') as file: file.write('written')", suite)
    assert verdicts(report) == ["pass", "pass", "pass"]
    assert [result.trust for result in report.results] == ["inproc", "inproc", "split"]


async def test_one_loop_costs_one_limit(executor: Executor) -> None:
    suite = suite_of(*["assert f(1) == 1"] * 6)
    limits = Limits(test_seconds=0.4, candidate_seconds=8)
    report = await run(executor, "def f(n):\n    while True: pass", suite, limits=limits)
    assert verdicts(report) == ["timeout", "timeout", "timeout", "not_run", "not_run", "not_run"]
    assert [result.short_limit for result in report.results[:3]] == [False, True, True]


async def test_the_budget_ends_a_candidate_that_is_slow_on_every_test(executor: Executor) -> None:
    limits = Limits(test_seconds=5, candidate_seconds=0.5)
    report = await run(
        executor,
        "import time\ndef f(n):\n    time.sleep(0.2)\n    return n",
        suite_of(*["assert f(1) == 1"] * 9),
        limits=limits,
    )
    assert verdicts(report)[0] == "pass"
    assert verdicts(report)[-1] == "not_run"
    assert "its time was used up" in str(report.results[-1].error)


async def test_limits_adapt_to_the_best_time_seen() -> None:
    settings = ExecutorSettings(slots=1, adapt_factor=2, adapt_floor=0.3, short_seconds=0.1)
    slow = "import time\ndef f(n):\n    time.sleep(0.9)\n    return n"
    async with SplitExecutor(settings) as adapting:
        assert verdicts(await run(adapting, slow, suite_of("assert f(1) == 1"))) == ["pass"]
        assert verdicts(await run(adapting, "def f(n): return n", suite_of("assert f(1) == 1"))) == ["pass"]
        assert verdicts(await run(adapting, slow, suite_of("assert f(1) == 1"))) == ["timeout"]


async def test_memory_files_and_output_are_limited(executor: Executor) -> None:
    limits = Limits(test_seconds=2, memory_mb=64, file_mb=1, output_kb=1)
    code = """
def f(what):
    if what == "memory":
        return len(bytearray(200 << 20))
    if what == "file":
        open("big", "wb").write(bytes(3 << 20))
    print("start" + "x" * 100_000 + "end")
    return "done"
"""
    suite = suite_of("f('memory')", "f('file')", "assert f('print') == 'done'")
    report = await run(executor, code, suite, limits=limits)
    assert verdicts(report) == ["error", "error", "pass"]
    assert "MemoryError" in str(report.results[0].error)
    assert report.stdout.startswith("start")
    assert report.stdout.endswith("end\n")
    assert len(report.stdout) < 1200


async def test_programs_are_judged_by_what_they_print(executor: Executor) -> None:
    def program(compare: str, stdout: str) -> ProgramTest:
        return ProgramTest.model_validate({"name": compare, "stdin": "3 4\n", "stdout": stdout, "compare": compare})

    code = "a, b = map(int, input().split())\nprint(a + b, ' ', a / b)"
    tests = (
        program("exact", "7   0.75\n"),
        program("exact", "7 0.75"),
        program("tokens", "7 0.75"),
        program("floats", "7 0.7500001"),
    )
    report = await run(executor, code, TestSuite(tests=tests))
    assert verdicts(report) == ["pass", "fail", "pass", "pass"]
    failed = await run(executor, "import sys\nprint(7, 0.75)\nsys.exit(3)", TestSuite(tests=tests[2:3]))
    assert verdicts(failed) == ["error"]
    assert "status 3" in str(failed.results[0].error)


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        (TestSuite(), "no tests"),
        (suite_of("assert f(1) == 1", "assert f(1) =="), "test '1' does not compile"),
        (suite_of("assert f(1) == 1", setup="import ("), "setup does not compile"),
    ],
)
async def test_an_unusable_suite_is_refused(executor: Executor, suite: TestSuite, message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        await run(executor, "def f(n): return n", suite)


async def test_a_bare_text_counts_as_python_and_anything_else_is_refused(executor: Executor) -> None:
    given: Any = "def f(): return 1"
    tests = suite_of("assert f() == 1")
    assert (await executor.run(given, tests, entry_points=("f",), limits=LIMITS)).all_passed
    given = given.encode()
    with pytest.raises(ProblemError, match="the solution must be a Program or text, not bytes"):
        await executor.run(given, tests, entry_points=("f",), limits=LIMITS)


async def test_a_program_in_another_language_is_refused(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LANGUAGES, "shell", Language(name="shell", fence="sh", file_name="solution.sh"))
    with pytest.raises(ProblemError, match="the solution is in shell: this executor runs python alone"):
        await executor.run(Program("f() { :; }", "shell"), suite_of("f()"), entry_points=("f",), limits=LIMITS)


def _descendants() -> set[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(pid): int(parent) for pid, parent in (line.split() for line in listed.splitlines())}
    family = {os.getpid()}
    while found := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= found
    return family


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_cancelling_a_run_leaves_nothing_behind(executor: Executor) -> None:
    await run(executor, "def f(n): return n", suite_of("assert f(1) == 1"))
    before, descriptors = len(_descendants()), _descriptors()
    for _ in range(3):
        with anyio.move_on_after(0.2) as scope:
            await run(executor, "def f(n):\n    while True: pass", suite_of("assert f(1) == 1"))
        assert scope.cancelled_caught
        assert len(_descendants()) < before
    assert verdicts(await run(executor, "def f(n): return n", suite_of("assert f(1) == 1"))) == ["pass"]
    assert len(_descendants()) == before
    assert _descriptors() == descriptors


async def test_many_candidates_leave_nothing_behind(executor: Executor) -> None:
    suite = suite_of("assert f(1) == 1")
    await run(executor, "def f(n): return n", suite)
    before, descriptors = len(_descendants()), _descriptors()
    for number in range(60):
        await run(executor, f"def f(n): return n + {number % 2}", suite)
    assert len(_descendants()) == before
    assert _descriptors() == descriptors


async def test_a_profile_is_measured_from_outside(executor: Executor) -> None:
    suite = suite_of("assert f(100) == 4950", "assert f(1) == 5")
    code = "def f(n):\n    total = 0\n    for _ in range(20):\n        total = sum(range(n))\n    return total"
    report = await run(executor, code, suite)
    profiled = await executor.profile(Program(code), suite, report, entry_points=("f",), limits=LIMITS)
    metrics = profiled.results[0].metrics
    assert verdicts(profiled) == verdicts(report) == ["pass", "fail"]
    assert metrics.cpu_ns is not None
    assert metrics.cpu_ns.value > 0
    assert metrics.cpu_ns.spread is not None
    assert metrics.page_faults is not None
    assert metrics.peak_memory_kb is not None


async def test_work_at_import_and_in_threads_is_billed(executor: Executor) -> None:
    burn = "def burn():\n    for _ in range(400_000): pass\n"
    suite = suite_of("assert f(1) == 1")
    plain = await run(executor, burn + "def f(n): return n", suite)
    imported = await run(executor, burn + "burn()\ndef f(n): return n", suite)
    threaded = await run(
        executor,
        burn
        + "import threading\ndef f(n):\n    t = threading.Thread(target=burn)\n    t.start(); t.join()\n    return n",
        suite,
    )
    least = plain.results[0].metrics.cpu_ns
    assert least is not None
    for report in (imported, threaded):
        assert verdicts(report) == ["pass"]
        spent = report.results[0].metrics.cpu_ns
        assert spent is not None
        assert spent.value > least.value + 1e6


async def test_random_numbers_are_the_same_in_every_run(executor: Executor) -> None:
    code = "import random\ndef f(): return random.random()"
    reports = [await run(executor, code, suite_of("assert f() == 2")) for _ in range(2)]
    assert reports[0].results[0].actual == reports[1].results[0].actual


async def test_an_interpreter_that_does_not_run_is_named() -> None:
    with pytest.raises(ExecutorError, match="/nonexistent/python is not a working Python"):
        async with SplitExecutor(ExecutorSettings(python=Path("/nonexistent/python"))):
            raise AssertionError("entered")


async def test_using_it_before_entering_is_an_error() -> None:
    with pytest.raises(ExecutorError, match="async with"):
        await run(SplitExecutor(), "def f(n): return n", suite_of("assert f(1) == 1"))


async def test_verdict_order_is_the_suites(executor: Executor) -> None:
    report = await run(executor, "def f(n): return n", suite_of(*[f"assert f({n}) == {n % 2}" for n in range(8)]))
    assert [result.name for result in report.results] == [str(n) for n in range(8)]
    assert verdicts(report) == ["pass", "pass", *["fail"] * 6]
    assert report.results[0].verdict is Verdict.PASS


async def test_a_setup_that_fails_is_not_the_solutions_fault(executor: Executor) -> None:
    tests = TestSuite(setup="import nosuchmodule", tests=(SnippetTest(name="1", code="assert f() == 1"),))
    report = await executor.run(Program("def f():\n    return 1"), tests, entry_points=("f",), limits=Limits())
    assert report.results[0].verdict is Verdict.ERROR
    assert report.results[0].error == "ModuleNotFoundError: No module named 'nosuchmodule'"
