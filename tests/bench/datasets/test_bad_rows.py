"""Check that a bad row is named with its place and its fault, and is left out or, on request, refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orps_agent.bench.datasets import load_tasks, open_dataset, task_in
from orps_agent.errors import DatasetError, ProblemError
from tests.support.bench import dataset_rows

CASES = json.dumps({"inputs": ["1"], "outputs": []})


@pytest.mark.parametrize(
    ("fields", "changed", "reason"),
    [
        (dataset_rows.ORPS_MBPP, {"test_list": None}, "mbpp/126: has no test_list (ORPS)"),
        (dataset_rows.ORPS_MBPP, {"task_id": ""}, "task_id is missing"),
        (dataset_rows.ORPS_MBPP, {"completion": " "}, "mbpp/126: completion is empty"),
        (dataset_rows.ORPS_MBPP, {"instruction": 3}, "mbpp/126: instruction is not text but 3"),
        (dataset_rows.ORPS_MBPP, {"test_list": "[f(1)]"}, "mbpp/126: test_list is not a Python list"),
        (dataset_rows.ORPS_MBPP, {"test_list": "[1]"}, "mbpp/126: test_list is not a list of texts"),
        (dataset_rows.ORPS_MBPP, {"test_list": "[" * 5000}, "mbpp/126: "),
        (
            dataset_rows.ORPS_MBPP,
            {"test_list": "[]"},
            "no entry point: the tests call nothing that the gold solution defines",
        ),
        (dataset_rows.ORPS_MBPP, {"test_list": "['assert sum(1']"}, "mbpp/126: test '1', line 1: is not valid Python"),
        (dataset_rows.ORPS_MBPP, {"test_list": "['assert (sum(1, 1), 1)']"}, "mbpp/126: test '1': checks no result"),
        (dataset_rows.ORPS_MBPP, {"test_setup": "import ("}, "setup of the tests, line 1: is not valid Python"),
        (dataset_rows.ORPS_MBPP, {"completion": "def sum(a:"}, "gold solution, line 1: is not valid Python"),
        (dataset_rows.ORPS_MBPP, {"completion": "def add(a): pass"}, "no entry point: the tests call nothing"),
        (dataset_rows.LBPP, {"completion": "def tally(votes): pass"}, "gold solution: does not define Vote"),
        (dataset_rows.ORPS_MBPP, {"task_id": "x" * 300}, "id: String should have at most 200 characters"),
        (dataset_rows.MBPP, {"code": None}, "9: has no code (MBPP)"),
        (dataset_rows.MBPP, {"text": None}, "9: text is missing"),
        (dataset_rows.MBPP_PLUS_ON_HUB, {"test": "for x in f(): pass"}, "test does not end with a loop over lists"),
        (dataset_rows.HUMANEVAL, {"test": None}, "has no base_input (EvalPlus) or test (HumanEval)"),
        (dataset_rows.HUMANEVAL, {"test": "assert unshift('')"}, "test defines no check(candidate)"),
        (
            dataset_rows.HUMANEVAL,
            {"entry_point": "other"},
            "no entry point: prompt and canonical_solution do not define other",
        ),
        (dataset_rows.EVALPLUS_MBPP, {"base_input": [3]}, "an input in base_input is not a list but 3"),
        (dataset_rows.EVALPLUS_MBPP, {"base_input": [], "plus_input": []}, "has no tests"),
        (dataset_rows.EVALPLUS_MBPP, {"assertion": "assert scale(["}, "the examples, line 1: is not valid Python"),
        (
            dataset_rows.EVALPLUS_MBPP,
            {"assertion": "assert scale({1})", "base_input": [[[[1]]]]},
            "is not like the examples",
        ),
        (dataset_rows.EVALPLUS_MBPP, {"atol": "x"}, "atol is not a number but 'x'"),
        (dataset_rows.APPS, {"input_output": ""}, "904: input_output is missing"),
        (dataset_rows.APPS, {"input_output": "{"}, "904: input_output is not valid JSON"),
        (dataset_rows.APPS, {"input_output": CASES}, "input_output has 1 inputs and 0 outputs"),
        (dataset_rows.APPS, {"solutions": '["print 1"]'}, "gold solution: none of the 1 solutions is Python 3"),
        (dataset_rows.LIVECODEBENCH_CALLS, {"metadata": "{}"}, "metadata has no func_name"),
        (dataset_rows.LIVECODEBENCH_CALLS, {"metadata": '{"func_name": "a b"}'}, "'a b' is not the name of a function"),
        (dataset_rows.LIVECODEBENCH, {"private_test_cases": "gASV"}, "private_test_cases is not valid JSON"),
        ({"a": 1, "b": 2}, {}, "has the columns of no known format (EvalPlus, HumanEval"),
    ],
)
def test_what_is_wrong_with_a_row(fields: dataset_rows.Fields, changed: dataset_rows.Fields, reason: str) -> None:
    with pytest.raises(ProblemError) as caught:
        task_in({**fields, **changed})
    message = str(caught.value)
    assert reason in message
    assert "\n" not in message


def test_faults_in_csv_have_the_line_on_which_the_row_begins(tmp_path: Path) -> None:
    good, other = dataset_rows.LBPP, {**dataset_rows.LBPP, "task_id": "lbpp/2"}
    rows = [good, {**good, "task_id": "lbpp/3", "completion": "def tally(:\n"}, other, good]
    path = dataset_rows.write_csv(tmp_path / "test.csv", rows)
    loaded = load_tasks(open_dataset(path))
    assert [task.id for task in loaded.tasks] == ["lbpp/1", "lbpp/2"]
    lines = path.read_text().splitlines()
    starts = [number for number, line in enumerate(lines, start=1) if line.startswith("lbpp/")]
    assert starts != [2, 3, 4, 5]
    assert [str(fault) for fault in loaded.faults] == [
        f"{path}, line {starts[1]}: lbpp/3: gold solution, line 1: is not valid Python: invalid syntax: def tally(:",
        f"{path}, line {starts[3]}: lbpp/1: is a duplicate of {path}, line {starts[0]}, which is used",
    ]


def test_strictness_refuses_all_and_lists_every_bad_row(tmp_path: Path) -> None:
    bad = [{**dataset_rows.MBPP, "task_id": number, "code": "def"} for number in range(20, 35)]
    path = dataset_rows.write_jsonl(tmp_path / "mbpp.jsonl", [dataset_rows.MBPP, *bad])
    assert len(load_tasks(open_dataset(path)).tasks) == 1
    with pytest.raises(DatasetError) as caught:
        load_tasks(open_dataset(path), strict=True)
    assert len(caught.value.faults) == 15
    assert caught.value.faults[14].startswith(f"{path}, line 16: 34: gold solution, line 1:")
    message = str(caught.value)
    assert message.startswith(f"mbpp: has 15 bad rows: {path}, line 2: ")
    assert message.endswith("; and 5 more")
    assert "\n" not in message


def test_rows_that_are_no_rows_do_not_stop_the_others(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    good = json.dumps(dataset_rows.MBPP).encode()
    path.write_bytes(b'{"a": \n\n' + good + b'\n[1]\n{"a": "\xff"}\n' + b"[" * 100_000 + b"\n")
    loaded = load_tasks(open_dataset(path))
    assert [task.id for task in loaded.tasks] == ["mbpp/9"]
    assert [fault.place.rpartition(" ")[2] for fault in loaded.faults] == ["1", "4", "5", "6"]
    assert [fault.reason.partition(":")[0] for fault in loaded.faults] == [
        "is not valid JSON",
        "is not an object but [1]",
        "is not UTF-8",
        "is not valid JSON",
    ]


def test_csv_rows_that_are_too_long_too_short_or_not_csv(tmp_path: Path) -> None:
    path = dataset_rows.write_csv(tmp_path / "x.csv", [dataset_rows.ORPS_MBPP])
    with path.open("a") as file:
        file.write('a,b,c,d,e,f\n\na,b\n"a"b,c\nd,"never\nclosed\n')
    loaded = load_tasks(open_dataset(path))
    assert len(loaded.tasks) == 1
    start = 1 + len(path.read_text().partition("a,b,c,d,e,f")[0].splitlines())
    places = [int(fault.place.rpartition(" ")[2]) - start for fault in loaded.faults]
    assert places == [0, 2, 3, 4]
    assert [fault.reason.partition(":")[0] for fault in loaded.faults] == [
        "has 6 values for 5 columns",
        "a",
        "is not valid CSV",
        "is not valid CSV",
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b"task_id,\xff\n1,2\n", "is not UTF-8"),
        (b"\x1f\x8bnot gzip", "cannot be read"),
        (b"a,b\n1,2\n", "has no row that can be used: .*, line 2: has the columns of no known format"),
        (b"task_id,instruction\n", "has no rows"),
        (b"[]", "has no rows"),
    ],
)
def test_files_without_a_single_task_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=reason):
        load_tasks(open_dataset(path))
