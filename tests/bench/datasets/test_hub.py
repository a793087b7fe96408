"""Load datasets that are on this machine through the code that loads those of the hub."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orps_agent.bench.datasets import load_tasks, open_dataset
from orps_agent.bench.datasets.hub import KNOWN, HubDataset, Source, hub_source
from orps_agent.errors import DatasetError, HubError
from tests.support.bench import dataset_rows

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import datasets
    import huggingface_hub

OTHER = {**dataset_rows.MBPP, "task_id": 20}
WEAK = {**OTHER, "test_list": ["assert span((1, 1), (1, 2)) == 1"]}


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


def table(*rows: dataset_rows.Fields) -> Any:
    return datasets.Dataset.from_list(list(rows))


def test_parquet_files_named_by_their_splits(tmp_path: Path) -> None:
    table(dataset_rows.MBPP, OTHER).to_parquet(tmp_path / "mine" / "test.parquet")
    table(WEAK).to_parquet(tmp_path / "mine" / "dev.parquet")
    loaded = load_tasks(open_dataset(tmp_path / "mine"), strict=True)
    assert [(task.id, task.weak is None) for task in loaded.tasks] == [("mbpp/9", True), ("mbpp/20", False)]


def test_what_save_to_disk_wrote(tmp_path: Path) -> None:
    datasets.DatasetDict({"test": table(OTHER), "dev": table(WEAK)}).save_to_disk(tmp_path / "both")
    (task,) = load_tasks(open_dataset(tmp_path / "both"), strict=True).tasks
    assert task.weak is not None
    table(dataset_rows.HUMANEVAL).save_to_disk(tmp_path / "one")
    assert [task.id for task in load_tasks(open_dataset(tmp_path / "one")).tasks] == ["HumanEval/900"]


def test_a_folder_that_the_package_reads_by_its_own_rules(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    table(dataset_rows.MBPP_PLUS_ON_HUB).to_parquet(tmp_path / "data" / "train-00000-of-00001.parquet")
    loaded = load_tasks(HubDataset("owner/mine", Source(str(tmp_path))))
    assert [task.id for task in loaded.tasks] == ["mbpp/11"]
    assert loaded.tasks[0].weak is not None


def test_faults_have_the_number_of_their_row(tmp_path: Path) -> None:
    bad = {**dataset_rows.MBPP, "code": "def"}
    table(OTHER, bad).to_parquet(tmp_path / "test.parquet")
    (fault,) = load_tasks(HubDataset("owner/mine", Source(tables={"test": str(tmp_path / "test.parquet")}))).faults
    assert str(fault).startswith("owner/mine (test), row 2: 9: gold solution, line 1: is not valid Python")


def test_a_split_may_be_named_and_has_to_be_there(tmp_path: Path) -> None:
    splits = {"prompt": table(OTHER), "train": table(dataset_rows.MBPP)}
    datasets.DatasetDict(splits).save_to_disk(tmp_path / "d")
    (task,) = load_tasks(HubDataset("d", Source(str(tmp_path / "d"), split="prompt"))).tasks
    assert task.id == "mbpp/20"
    with pytest.raises(DatasetError, match="d: has no split 'test' but prompt, train; name it: ID:CONFIG:SPLIT"):
        load_tasks(HubDataset("d", Source(str(tmp_path / "d"))))


def test_json_lines_are_fetched_and_read_line_by_line(tmp_path: Path) -> None:
    one = dataset_rows.write_jsonl(tmp_path / "test.jsonl", [dataset_rows.LIVECODEBENCH])
    two = dataset_rows.write_jsonl(tmp_path / "test2.jsonl", [dataset_rows.LIVECODEBENCH_CALLS, {"x": 1}])
    loaded = load_tasks(HubDataset("livecodebench", Source(files=(str(one), str(two)))))
    assert [task.id for task in loaded.tasks] == ["livecodebench/1907_A", "livecodebench/2892"]
    assert [fault.place for fault in loaded.faults] == ["livecodebench (test2.jsonl), line 2"]


def test_names_that_stand_for_datasets() -> None:
    assert {"mbpp", "humaneval", "lbpp", "apps", "livecodebench"} == set(KNOWN)
    assert hub_source("evalplus/humanevalplus") == Source("evalplus/humanevalplus")
    assert hub_source("a/b:sanitized") == Source("a/b", config="sanitized")
    assert hub_source("a/b::validation") == Source("a/b", split="validation")
    assert hub_source("a/b:c:d") == Source("a/b", config="c", split="d")
    assert hub_source("data/mbpp/test.csv") is None
    assert open_dataset("mbpp").name == "mbpp"


@pytest.mark.parametrize("name", ["nobody/nothing", "livecodebench", "lbpp"])
def test_what_the_hub_does_not_give_is_an_error_of_ours(name: str) -> None:
    with pytest.raises(HubError, match=f"{name}: cannot be loaded: .+; check path or name, and the network"):
        load_tasks(open_dataset(name))


def test_without_the_package_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(HubError, match=r"mbpp: needs the package datasets: pip install 'orps-agent\[hub\]'"):
        load_tasks(open_dataset("mbpp"))


def test_evalplus_by_name_reads_rows_with_check(tmp_path: Path) -> None:
    table(dataset_rows.HUMANEVAL_PLUS_ON_HUB).to_parquet(tmp_path / "test.parquet")
    (task,) = load_tasks(open_dataset(tmp_path)).tasks
    assert len(task.real) == 3
    assert json.dumps(task.problem("real").model_dump(mode="json"))
