"""Where the rows of a benchmark come from, whatever their format, and what may be wrong with one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Split = Literal["dev", "test"]
"""`test` has the real tests; `dev`, where there is one, weak tests for the same task ids."""
Fields = Mapping[str, Any]
"""A row by its columns or keys, as the file has them."""


@dataclass(frozen=True)
class Row:
    """One row with the place where it begins, for messages: `mbpp/test.csv, line 12`."""

    place: str
    fields: Fields


@dataclass(frozen=True)
class Fault:
    """A row that cannot be used: its place, and what is wrong with it."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class Dataset(Protocol):
    """A benchmark that can be read, row by row."""

    @property
    def name(self) -> str:
        """What reports call it."""

    def rows(self, split: Split) -> Iterator[Row | Fault]:
        """The rows of a split, in its order, none when there is no such split; a Fault for one that cannot be read.

        Raises DatasetError or HubError when nothing of it can be.
        """
