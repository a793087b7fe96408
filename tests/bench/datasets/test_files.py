"""Read datasets from files: recognised by their content, read line by line, alone or as splits in a folder."""

from __future__ import annotations

import gzip
import itertools
import json
import os
from pathlib import Path

import pytest

from orps_agent.bench.datasets import Task, load_tasks, open_dataset, read_tasks
from orps_agent.domain.problem import TestSuite
from orps_agent.errors import DatasetError
from tests.support import ROOT
from tests.support.bench import dataset_rows

OTHER = {**dataset_rows.MBPP, "task_id": 20}


def ids(path: Path) -> list[str]:
    return [task.id for task in load_tasks(open_dataset(path), strict=True).tasks]


def test_a_format_is_known_by_its_columns_and_a_file_by_its_content(tmp_path: Path) -> None:
    rows = [dataset_rows.HUMANEVAL, dataset_rows.MBPP, dataset_rows.APPS, dataset_rows.LIVECODEBENCH]
    expected = ["HumanEval/900", "mbpp/9", "apps/904", "livecodebench/1907_A"]
    assert ids(dataset_rows.write_jsonl(tmp_path / "data.csv", rows)) == expected
    assert ids(dataset_rows.write_jsonl(tmp_path / "data.gz", rows)) == expected
    array = tmp_path / "data.txt"
    array.write_text("\ufeff" + json.dumps(rows, indent=1), encoding="utf-8")
    assert ids(array) == expected
    assert ids(dataset_rows.write_csv(tmp_path / "data.jsonl", [dataset_rows.ORPS_MBPP])) == ["mbpp/126"]


def test_members_of_an_array_have_the_line_on_which_they_begin(tmp_path: Path) -> None:
    path = tmp_path / "sanitized.json"
    text = json.dumps([dataset_rows.SANITIZED, {"a": 1}, OTHER, 5], indent=2)
    path.write_text(text[:-1] + "oops")
    loaded = load_tasks(open_dataset(path))
    assert [task.id for task in loaded.tasks] == ["mbpp/10", "mbpp/20"]
    lines = text.splitlines()
    begins = [number for number, line in enumerate(lines, start=1) if line.startswith(("  {", "  5"))]
    assert [fault.place for fault in loaded.faults][:2] == [f"{path}, line {begins[1]}", f"{path}, line {begins[3]}"]
    assert loaded.faults[2].reason.endswith("the rest of the file is not read")


def test_a_file_is_read_as_far_as_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "big.jsonl.gz"
    rows = ({**OTHER, "task_id": number, "text": os.urandom(4000).hex()} for number in range(60))
    whole = gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())
    path.write_bytes(whole[: len(whole) // 2])
    first = list(itertools.islice(read_tasks(open_dataset(path)), 3))
    assert [each.id for each in first if isinstance(each, Task)] == ["mbpp/0", "mbpp/1", "mbpp/2"]
    with pytest.raises(DatasetError, match="cannot be read"):
        list(read_tasks(open_dataset(path)))


def test_cells_longer_than_the_csv_modules_limit_are_read(tmp_path: Path) -> None:
    long = {**dataset_rows.ORPS_MBPP, "instruction": "x" * 200_000}
    assert ids(dataset_rows.write_csv(tmp_path / "long.csv", [long])) == ["mbpp/126"]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """Write a benchmark with real tests for 9 and 20, and weak ones for 20 and 30."""
    folder = tmp_path / "mine"
    folder.mkdir()
    weak = {**OTHER, "test_list": ["assert span((1, 1), (1, 2)) == 1"]}
    dataset_rows.write_jsonl(folder / "test.jsonl", [dataset_rows.MBPP, OTHER])
    dataset_rows.write_jsonl(folder / "dev.jsonl", [weak, {**weak, "task_id": 30}])
    return folder


def test_a_folder_has_weak_tests_in_dev_and_real_ones_in_test(folder: Path) -> None:
    dataset = open_dataset(folder)
    loaded = load_tasks(dataset)
    assert (dataset.name, loaded.name) == ("mine", "mine")
    assert [task.id for task in loaded.tasks] == ["mbpp/9", "mbpp/20"]
    assert [str(fault) for fault in loaded.faults] == [
        f"{folder / 'dev.jsonl'}, line 2: mbpp/30: has weak tests and no real ones: the test split has no such task"
    ]
    without, both = loaded.tasks
    assert without.weak is None
    assert both.weak is not None
    weak, real = both.problem("weak"), both.problem("real")
    assert (weak.tests, weak.held_back) == (both.weak, both.real)
    assert (real.tests, real.held_back) == (both.real, both.real)
    assert (without.problem("weak").tests, without.problem("weak").held_back) == (TestSuite(), without.real)


def test_weak_tests_that_cannot_be_used_leave_the_task(folder: Path) -> None:
    dataset_rows.write_jsonl(
        folder / "dev.jsonl", [{**OTHER, "code": "def far(p, q): pass", "test_list": ["assert far(1, 2)"]}]
    )
    loaded = load_tasks(open_dataset(folder))
    assert [task.weak for task in loaded.tasks] == [None, None]
    assert str(loaded.faults[0]).startswith(f"{folder / 'dev.jsonl'}, line 1: mbpp/20: weak tests: no entry point")


def test_names_that_only_the_weak_tests_use_are_entry_points_too(folder: Path) -> None:
    two = {**OTHER, "code": "def span(p, q): return 0\ndef norm(p): return 0"}
    dataset_rows.write_jsonl(folder / "test.jsonl", [{**two, "test_list": ["assert span(1, 2) == 0"]}])
    dataset_rows.write_jsonl(folder / "dev.jsonl", [{**two, "test_list": ["assert norm(1) == 0"]}])
    (task,) = load_tasks(open_dataset(folder)).tasks
    assert task.entry_points == ("norm", "span")


def test_names_of_datasets(tmp_path: Path, folder: Path) -> None:
    assert open_dataset(folder / "test.jsonl").name == "mine/test"
    assert open_dataset(dataset_rows.write_jsonl(tmp_path / "HumanEval.jsonl.gz", [])).name == "HumanEval"


def test_paths_that_are_no_datasets(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"nothing\.csv: no such file or folder, and not on the hub: mbpp, "):
        open_dataset(tmp_path / "nothing.csv")
    dataset_rows.write_csv(folder / "test.csv", [dataset_rows.ORPS_MBPP])
    with pytest.raises(DatasetError, match=r"has both test\.csv and test\.jsonl; name the file to read"):
        open_dataset(folder)


def test_the_example_of_the_documentation_runs(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs/bench.md").read_text(encoding="utf-8")
    (tmp_path / "data").mkdir()
    folder.rename(tmp_path / "data/mbpp")
    monkeypatch.chdir(tmp_path)
    exec(page.partition("```python\n")[2].partition("```")[0], {})
    assert "mbpp/20 1 weak tests, 2 real ones" in capsys.readouterr().out
