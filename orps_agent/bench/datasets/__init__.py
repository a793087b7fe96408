"""Read benchmarks as problems, in the formats of MBPP, HumanEval, LBPP, EvalPlus and the contests.

Datasets are files, or are loaded from the hub:

for task in load_tasks(open_dataset("data/mbpp")).tasks:
    problem = task.problem("weak")
"""

from __future__ import annotations

from pathlib import Path

from orps_agent.errors import DatasetError

from .base import Dataset, Fault, Fields, Row, Split
from .files import FileDataset, is_ours
from .formats import FORMATS, Format, task_in
from .hub import KNOWN, HubDataset, folder_source, hub_source
from .task import Task
from .task_reader import Loaded, load_tasks, read_tasks

__all__ = [
    "FORMATS",
    "Dataset",
    "Fault",
    "Fields",
    "Format",
    "Loaded",
    "Row",
    "Split",
    "Task",
    "load_tasks",
    "open_dataset",
    "read_tasks",
    "task_in",
]


def open_dataset(name: str | Path) -> Dataset:
    """Open the dataset in a file or folder, or else the one of that name on the hub, without reading it yet.

    Raises DatasetError when the name is neither.
    """
    path = Path(name)
    if is_ours(path):
        return FileDataset(path)
    if path.is_dir():
        return HubDataset(path.name, folder_source(path))
    source = hub_source(str(name))
    if source is None:
        raise DatasetError(f"{name}: no such file or folder, and not on the hub: {', '.join(KNOWN)} or OWNER/DATASET")
    return HubDataset(str(name), source)
