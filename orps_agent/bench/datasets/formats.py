"""Recognise the format of a row by its columns or keys, and read the task in it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pydantic import ValidationError

from orps_agent.errors import ProblemError
from orps_agent.util.plugins import Registry
from orps_agent.util.validation import first_problem

from . import apps, evalplus, humaneval, lbpp, livecodebench, mbpp
from .base import Fault, Fields, Row
from .task import Task


class Format(NamedTuple):
    """Describe a format: the columns that its rows must have, and the function that reads such a row."""

    name: str
    needs: tuple[str, ...]
    read: Callable[[Fields], Task]


_BUILT_IN = (
    Format("EvalPlus", evalplus.NEEDS, evalplus.evalplus_task),
    Format("HumanEval", humaneval.NEEDS, humaneval.humaneval_task),
    Format("ORPS", lbpp.NEEDS, lbpp.orps_task),
    Format("MBPP", mbpp.NEEDS, mbpp.mbpp_task),
    Format("APPS", apps.NEEDS, apps.apps_task),
    Format("LiveCodeBench", livecodebench.NEEDS, livecodebench.livecodebench_task),
)
FORMATS: Registry[Format] = Registry(
    "orps_agent.datasets", "dataset format", {each.name.lower(): each for each in _BUILT_IN}, kind=Format
)
"""Formats by name. A row is read by the first format whose columns it has; those of packages come after the built-in
ones."""


def task_in(fields: Fields) -> Task:
    """Read the task in a row; raises ProblemError, with the task's id if it has one, when the row holds none."""
    try:
        return _format_of(fields).read(fields)
    except ProblemError as error:
        raise ProblemError(f"{_label(fields)}{error}") from error
    except ValidationError as error:
        raise ProblemError(f"{_label(fields)}{first_problem(error)}") from error
    except RecursionError as error:
        raise ProblemError(f"{_label(fields)}is nested too deeply") from error


def read_row(row: Row) -> Task | Fault:
    """Read the task in a row, or return a Fault with the reason why that is not possible."""
    try:
        return task_in(row.fields)
    except ProblemError as error:
        return Fault(row.place, str(error))


def _format_of(fields: Fields) -> Format:
    """Return the first format whose columns the row has; raises ProblemError with the columns missing for the closest.

    Raises PluginError when no built-in format fits and a package's format cannot be loaded.
    """
    missing = {}
    for name in itertools.chain(FORMATS.built_in, _added()):
        each = FORMATS.find(name)
        missing[each] = [key for key in each.needs if fields.get(key) is None]
        if not missing[each]:
            return each
    near = {each: keys for each, keys in missing.items() if len(keys) < len(each.needs) / 2}
    if not near:
        known = ", ".join(each.name for each in missing)
        raise ProblemError(f"has the columns of no known format ({known}) but {', '.join(map(str, fields)):.100}")
    least = min(map(len, near.values()))
    lacks = [f"{', '.join(keys)} ({each.name})" for each, keys in near.items() if len(keys) == least]
    raise ProblemError(f"has no {' or '.join(lacks)}")


def _added() -> Iterator[str]:
    """Yield the names of the packages' formats, which are looked up only when the built-in ones do not fit."""
    yield from (each.name for each in FORMATS.plugins())


def _label(fields: Fields) -> str:
    found = next((fields[key] for key in ("task_id", "question_id", "id") if fields.get(key) is not None), None)
    return "" if found is None else f"{found!s:.100}: "
