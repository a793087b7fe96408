"""Read a benchmark from local files: CSV, JSON lines or one JSON array, perhaps with gzip, recognised by content."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from orps_agent.errors import DatasetError

from .base import Fault, Row, Split

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_SUFFIXES = (".csv", ".jsonl", ".json")


class FileDataset:
    """Read a file, or a folder with a file `test` and perhaps `dev`: `.csv`, `.jsonl` or `.json`, also with `.gz`."""

    def __init__(self, path: Path) -> None:
        """Find the files of the splits; raises DatasetError when a folder has two files for one split."""
        self._files: dict[Split, Path] = {"test": path} if path.is_file() else _splits(path)
        stem = path.name.partition(".")[0]
        self.name = f"{path.resolve().parent.name}/{stem}" if path.is_file() and stem in ("dev", "test") else stem

    def rows(self, split: Split) -> Iterator[Row | Fault]:
        """Yield the rows of the split's file, one at a time."""
        if split in self._files:
            yield from file_rows(self._files[split])


def is_ours(path: Path) -> bool:
    """Return True for a file, or a folder with files for splits, that can be read here."""
    return path.is_file() or "test" in _splits(path)


def _splits(folder: Path) -> dict[Split, Path]:
    found: dict[Split, Path] = {}
    for split in ("dev", "test"):
        names = [f"{split}{suffix}{packed}" for suffix in _SUFFIXES for packed in ("", ".gz")]
        files = [folder / name for name in names if (folder / name).is_file()]
        if len(files) > 1:
            raise DatasetError(f"{folder}: has both {files[0].name} and {files[1].name}; name the file to read")
        if files:
            found[split] = files[0]
    return found


def file_rows(path: Path, label: str | None = None) -> Iterator[Row | Fault]:
    """Yield the rows of a file; messages name it by the label. DatasetError when no format can read it."""
    label = label or str(path)
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            with io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw))) if packed else raw as file:
                yield from _rows(file, label)
    except UnicodeDecodeError as error:
        raise DatasetError(f"{label}: is not UTF-8 ({error.reason}); save it as UTF-8") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{label}: cannot be read: {error}; check the path, its permissions or the file") from error


def _rows(file: BinaryIO, label: str) -> Iterator[Row | Fault]:
    start = file.read(4096).removeprefix(_BOM).lstrip()
    file.seek(0)
    if not start:
        raise DatasetError(f"{label}: is empty")
    if start.startswith(b"{"):
        return _json_lines(file, label)
    if start.startswith(b"["):
        return _json_array(file.read().decode("utf-8-sig"), label)
    return _csv_rows(file, label)


def _json_lines(file: BinaryIO, label: str) -> Iterator[Row | Fault]:
    for number, line in enumerate(file, start=1):
        place = f"{label}, line {number}"
        if line.strip():
            try:
                yield _json_row(json.loads(line.decode("utf-8-sig")), place)
            except UnicodeDecodeError as error:
                yield Fault(place, f"is not UTF-8: {error.reason}")
            except (ValueError, RecursionError) as error:
                yield Fault(place, f"is not valid JSON: {error}")


def _json_row(value: Any, place: str) -> Row | Fault:
    return Row(place, value) if isinstance(value, dict) else Fault(place, f"is not an object but {value!r:.40}")


def _json_array(text: str, label: str) -> Iterator[Row | Fault]:
    """Yield the members of the array, each with the line on which it begins."""
    decoder, position, line = json.JSONDecoder(), text.index("[") + 1, 1
    counted = 0
    while True:
        position += _blank(text, position, ",")
        line, counted = line + text.count("\n", counted, position), position
        if text.startswith("]", position):
            return
        place = f"{label}, line {line}"
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            yield Fault(place, f"is not valid JSON: {error}; the rest of the file is not read")
            return
        yield _json_row(value, place)


def _blank(text: str, start: int, also: str) -> int:
    """Count the characters from `start` on that are white space or in `also`."""
    end = start
    while end < len(text) and (text[end].isspace() or text[end] in also):
        end += 1
    return end - start


def _csv_rows(file: BinaryIO, label: str) -> Iterator[Row | Fault]:
    csv.field_size_limit(sys.maxsize)  # the tests of a task may be long; a row is in memory as a whole anyway
    with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, strict=True)
        header: list[str] | None = None
        while True:
            place = f"{label}, line {reader.line_num + 1}"
            try:
                values = next(reader, None)
            except csv.Error as error:
                yield Fault(place, f"is not valid CSV: {error}")
                continue
            if values is None:
                return
            if header is None:
                header = values
            elif values:
                yield _csv_row(header, values, place)


def _csv_row(header: list[str], values: list[str], place: str) -> Row | Fault:
    if len(values) > len(header):
        return Fault(place, f"has {len(values)} values for {len(header)} columns")
    return Row(place, dict(zip(header, values, strict=False)))
