"""Define the source of a benchmark's rows, whatever their format, and the report of a row that cannot be used."""

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
    """Hold one row and the place where it begins, which messages name: `mbpp/test.csv, line 12`."""

    place: str
    fields: Fields


@dataclass(frozen=True)
class Fault:
    """Report a row that cannot be used: its place and the reason."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class Dataset(Protocol):
    """Read a benchmark row by row."""

    @property
    def name(self) -> str:
        """Return the name that reports show."""

    def rows(self, split: Split) -> Iterator[Row | Fault]:
        """Yield the rows of a split in order, a Fault for one that cannot be read; nothing when there is no such split.

        Raises DatasetError or HubError when the whole split cannot be read.
        """
