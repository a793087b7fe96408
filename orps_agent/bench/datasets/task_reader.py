"""Load the tasks of a dataset from its rows, each with the weak tests that its `dev` split has for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orps_agent.errors import DatasetError, ProblemError

from .base import Dataset, Fault, Split
from .formats import read_row
from .snippets import with_weak
from .task import Task

_SHOWN = 10


@dataclass(frozen=True)
class Loaded:
    """Hold all tasks of a dataset, in order, and the rows that could not be used."""

    name: str
    tasks: tuple[Task, ...]
    faults: tuple[Fault, ...] = ()


def load_tasks(dataset: Dataset, *, strict: bool = False) -> Loaded:
    """Load all tasks at once.

    Raises DatasetError when there are none, or with `strict` when any row cannot be used.
    """
    tasks: list[Task] = []
    faults: list[Fault] = []
    for each in read_tasks(dataset):
        if isinstance(each, Fault):
            faults.append(each)
        else:
            tasks.append(each)
    if faults and (strict or not tasks):
        raise _bad_rows_error(dataset.name, faults, few=bool(tasks))
    if not tasks:
        raise DatasetError(f"{dataset.name}: has no rows")
    return Loaded(dataset.name, tuple(tasks), tuple(faults))


def read_tasks(dataset: Dataset) -> Iterator[Task | Fault]:
    """Yield the tasks one by one, for datasets that are larger than the memory; a Fault for each bad row.

    Of several rows with one id the first counts. Weak tests that cannot be used are a Fault too; their task is yielded.
    """
    weak: dict[str, tuple[str, Task]] = {}
    for place, each in _unique(dataset, "dev"):
        if isinstance(each, Fault):
            yield each
        else:
            weak[each.id] = (place, each)
    for _, each in _unique(dataset, "test"):
        if isinstance(each, Fault) or each.id not in weak:
            yield each
        else:
            yield from _joined(each, *weak.pop(each.id))
    for place, left in weak.values():
        yield Fault(place, f"{left.id}: has weak tests and no real ones: the test split has no such task")


def _unique(dataset: Dataset, split: Split) -> Iterator[tuple[str, Task | Fault]]:
    """Yield the task of each row of a split, with its place; a second row with the same id is a Fault."""
    seen: dict[str, str] = {}
    for row in dataset.rows(split):
        each = row if isinstance(row, Fault) else read_row(row)
        if isinstance(each, Task):
            first = seen.setdefault(each.id, row.place)
            if first != row.place:
                each = Fault(row.place, f"{each.id}: is a duplicate of {first}, which is used")
        yield row.place, each


def _joined(task: Task, place: str, other: Task) -> Iterator[Task | Fault]:
    try:
        yield with_weak(task, other.real)
    except ProblemError as error:
        yield Fault(place, f"{task.id}: weak tests: {error}")
        yield task


def _bad_rows_error(name: str, faults: list[Fault], *, few: bool) -> DatasetError:
    shown = "; ".join(map(str, faults[:_SHOWN])) + (f"; and {len(faults) - _SHOWN} more" * (len(faults) > _SHOWN))
    what = f"has {len(faults)} bad rows" if few else "has no row that can be used"
    return DatasetError(f"{name}: {what}: {shown}", tuple(map(str, faults)))
