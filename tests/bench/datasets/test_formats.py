"""Load rows of every format; its gold solution must pass in the sandbox, and a wrong one must not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from orps_agent.bench.datasets import Task, task_in
from orps_agent.domain.artifact import Program
from orps_agent.domain.execution import ExecutionReport
from orps_agent.domain.problem import SnippetTest, TestSuite
from orps_agent.settings import ExecutorSettings
from orps_agent.tools.executor import SplitExecutor
from tests.support.bench import dataset_rows

pytestmark = pytest.mark.asyncio(loop_scope="module")
WRONG = """
def tally(*given): return 0
Vote = unshift = span = area = scale = lengths = sum = tally
class Solution:
    both = pair = tally
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def executor() -> AsyncIterator[SplitExecutor]:
    async with SplitExecutor(ExecutorSettings(slots=1)) as running:
        yield running


async def run(executor: SplitExecutor, task: Task, solution: Program, suite: TestSuite) -> ExecutionReport:
    return await executor.run(solution, suite, entry_points=task.entry_points, limits=task.problem("real").limits)


def codes(suite: TestSuite | None) -> list[str]:
    assert suite is not None
    return [test.code for test in suite.tests if isinstance(test, SnippetTest)]


@pytest.mark.parametrize("name", dataset_rows.ALL)
async def test_the_gold_solution_passes_and_a_wrong_one_fails(executor: SplitExecutor, name: str) -> None:
    task = task_in(dataset_rows.ALL[name])
    gold = task.gold or Program(dataset_rows.SOLUTIONS[name])
    for suite in filter(None, (task.real, task.weak)):
        report = await run(executor, task, gold, suite)
        assert report.all_passed, report.results
        assert {result.trust for result in report.results} == {"split"}
        assert (await run(executor, task, Program(WRONG), suite)).pass_rate < 1


@pytest.mark.parametrize(
    ("name", "id_", "entry_points", "real", "weak"),
    [
        ("LBPP", "lbpp/1", ("Vote", "tally"), 2, None),
        ("ORPS", "mbpp/126", ("sum",), 2, None),
        ("MBPP", "mbpp/9", ("span",), 2, None),
        ("sanitized MBPP", "mbpp/10", ("area",), 1, None),
        ("MBPP+ on the hub", "mbpp/11", ("area",), 3, 1),
        ("HumanEval", "HumanEval/900", ("unshift",), 3, None),
        ("HumanEval+ on the hub", "HumanEval/901", ("unshift",), 3, None),
        ("HumanEval+", "HumanEval/902", ("unshift",), 5, 2),
        ("MBPP+", "Mbpp/903", ("scale",), 4, 1),
        ("APPS", "apps/904", (), 2, None),
        ("APPS, calls", "apps/905", ("lengths",), 2, None),
        ("APPS, methods", "apps/906", ("Solution",), 2, None),
        ("LiveCodeBench", "livecodebench/1907_A", (), 3, 1),
        ("LiveCodeBench, calls", "livecodebench/2892", ("Solution",), 3, 1),
    ],
)
async def test_what_each_format_says(
    name: str, id_: str, entry_points: tuple[str, ...], real: int, weak: int | None
) -> None:
    task = task_in(dataset_rows.ALL[name])
    assert (task.id, task.entry_points, len(task.real)) == (id_, entry_points, real)
    assert (task.weak and len(task.weak)) == weak


async def test_lbpp_imports_the_solution_from_its_module() -> None:
    task = task_in(dataset_rows.LBPP)
    assert task.real.module == "code"
    assert task_in(dataset_rows.ORPS_MBPP).real.module is None


async def test_lbpp_of_the_hub_has_packed_texts() -> None:
    values = {key: dataset_rows.LBPP[key] for key in ("completion", "test_setup")}
    packed = {key: dataset_rows.packed(value) for key, value in values.items()}
    tests = dataset_rows.packed(["assert not tally([])", "assert tally([Vote('x')]) == {'x': 1}"])
    task = task_in({**dataset_rows.LBPP, **packed, "test_list": tests})
    assert task.gold == Program(dataset_rows.LBPP["completion"])
    assert codes(task.real) == ["assert not tally([])", "assert tally([Vote('x')]) == {'x': 1}"]


async def test_modules_that_only_the_tests_use_are_imported_for_them() -> None:
    assert task_in(dataset_rows.MBPP).real.setup == "import math\nfrom math import sqrt"
    own = {
        **dataset_rows.ORPS_MBPP,
        "completion": "def string(n): return n",
        "test_list": repr(["assert string(1) == 1"]),
    }
    assert task_in(own).real.setup == ""


async def test_a_name_that_the_setup_defines_is_no_entry_point() -> None:
    fields = {
        **dataset_rows.ORPS_MBPP,
        "completion": "def helper(n): return n\ndef f(n): return helper(n)",
        "test_setup": "def helper(n): return -n",
        "test_list": repr(["assert f(-1) == helper(1)"]),
    }
    assert task_in(fields).entry_points == ("f",)


async def test_humaneval_is_split_into_asserts_that_name_the_solution() -> None:
    task = task_in(dataset_rows.HUMANEVAL)
    assert codes(task.real) == [
        "for text in ['abc', '', 'x']:\n    assert unshift(shift(text)) == text",
        "words: List[str] = []\nwords.append(unshift('ba'))\nassert words == ['ab'], 'two letters'",
        "words: List[str] = []\nwords.append(unshift('ba'))\nassert unshift('bca') == 'abc'",
    ]
    assert "def shift" in task.real.setup
    assert task.statement.startswith("Complete this Python module by writing `unshift`.")
    assert "text[-1:]" not in task.statement


async def test_a_check_without_asserts_is_one_test(executor: SplitExecutor) -> None:
    test = "def same(a, b):\n    assert a == b\n\ndef check(f):\n    same(f(''), '')\n    same(f('x'), 'x')\n"
    task = task_in({**dataset_rows.HUMANEVAL, "test": test})
    assert codes(task.real) == ["same(unshift(''), '')\nsame(unshift('x'), 'x')"]
    assert task.gold is not None
    assert (await run(executor, task, task.gold, task.real)).all_passed


async def test_each_turn_of_a_loop_over_results_is_a_test() -> None:
    assert codes(task_in(dataset_rows.HUMANEVAL_PLUS_ON_HUB).real)[1] == (
        "(i, (inp, exp)) = (1, ([''], ''))\nassertion(unshift(*inp), exp, 0)"
    )


async def test_many_turns_of_a_loop_share_tests(executor: SplitExecutor) -> None:
    words = [f"{number}a" for number in range(201)]
    test = str(dataset_rows.HUMANEVAL_PLUS_ON_HUB["test"]).replace(
        "['bca'], [''], ['x']", str([[word] for word in words])[1:-1]
    )
    test = test.replace("'abc', '', 'x'", str([f"a{word[:-1]}" for word in words])[1:-1])
    task = task_in({**dataset_rows.HUMANEVAL_PLUS_ON_HUB, "test": test})
    assert len(task.real) == 67
    assert codes(task.real)[66].startswith("for (i, (inp, exp)) in [(198, (['198a'], 'a198')), (199, ")
    assert task.gold is not None
    assert (await run(executor, task, task.gold, task.real)).all_passed


async def test_evalplus_inputs_have_the_types_of_the_examples() -> None:
    task = task_in(dataset_rows.EVALPLUS_MBPP)
    assert codes(task.real)[1].startswith("given = ([(3, 4), (5, 6)], 0.1)\n")
    without = {key: value for key, value in dataset_rows.EVALPLUS_MBPP.items() if key != "assertion"}
    assert codes(task_in(without).real) == codes(task.real)
    assert task.statement == "Write a function to scale every point.\nassert scale([(1, 2)], 2.0) == [(2.0, 4.0)]"


async def test_the_canonical_solution_is_not_in_what_a_model_or_a_candidate_sees() -> None:
    task = task_in(dataset_rows.EVALPLUS_MBPP)
    for problem in (task.problem("weak"), task.problem("real")):
        shown = [problem.statement, *problem.signatures, *codes(problem.tests)]
        assert not any("x * by" in each for each in shown)


async def test_results_that_are_close_are_right_and_arguments_may_be_changed(executor: SplitExecutor) -> None:
    task = task_in(dataset_rows.EVALPLUS_MBPP)
    close = """
def scale(points, by):
    result = [(x * by + 1e-9, y * by) for x, y in points]
    points.clear()
    return result
"""
    far = close.replace("1e-9", "1e-3")
    assert (await run(executor, task, Program(close), task.real)).all_passed
    report = await run(executor, task, Program(far), task.real)
    assert [result.passed for result in report.results] == [False, False, True, False]
    assert (report.results[0].expected, report.results[0].actual) == ("[(2.0, 4.0)]", "[(2.001, 4.0)]")


async def test_hundreds_of_inputs_share_a_hundred_tests(executor: SplitExecutor) -> None:
    row = {**dataset_rows.EVALPLUS_HUMANEVAL, "plus_input": [[f"word {number}"] for number in range(703)]}
    task = task_in(row)
    assert (len(task.real), len(task.weak or ())) == (2 + 88, 2)
    assert sum(code.count("word ") for code in codes(task.real)) == 703
    assert task.gold is not None
    wrong = "right = unshift\ndef unshift(text):\n    return right(text) if text != 'word 702' else ''"
    assert (await run(executor, task, task.gold, task.real)).all_passed
    report = await run(executor, task, Program(f"{task.gold.source}\n{wrong}"), task.real)
    assert [result.passed for result in report.results] == [True] * 89 + [False]


async def test_many_tests_get_more_time() -> None:
    many = {"inputs": ["1 1"] * 700, "outputs": ["2 1.0"] * 700}
    task = task_in({**dataset_rows.APPS, "input_output": json.dumps(many)})
    assert task.problem("weak").limits.candidate_seconds == pytest.approx(70)
    assert task_in(dataset_rows.APPS).problem("real").limits.candidate_seconds == 20


async def test_apps_takes_the_first_solution_that_is_python_3() -> None:
    gold = task_in(dataset_rows.APPS).gold
    assert gold is not None
    assert gold.source.startswith("a, b = map")
    assert task_in({**dataset_rows.APPS, "solutions": ""}).gold is None


async def test_only_outputs_with_fractions_are_compared_as_floats() -> None:
    compared = [test.compare for test in task_in(dataset_rows.APPS).real.tests if test.kind == "program"]
    assert compared == ["floats", "floats"]
    assert {test.compare for test in task_in(dataset_rows.LIVECODEBENCH).real.tests if test.kind == "program"} == {
        "tokens"
    }


async def test_contest_statements_say_what_to_write() -> None:
    assert task_in(dataset_rows.LIVECODEBENCH).statement.endswith("writes the answer to standard output.")
    assert "```python\nclass Solution:\n    def pair(" in task_in(dataset_rows.LIVECODEBENCH_CALLS).statement
    assert task_in({**dataset_rows.APPS_CALLS, "starter_code": ""}).statement.endswith("Write a function `lengths`.")
