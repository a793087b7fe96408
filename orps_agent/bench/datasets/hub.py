"""Read benchmarks of the Hugging Face hub, and folders in its formats, through the package `datasets`."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import httpx2

from orps_agent.errors import DatasetError, HubError

from .base import Fault, Row, Split
from .files import file_rows


@dataclass(frozen=True)
class Source:
    """Hold the arguments with which `datasets` loads a benchmark."""

    path: str = ""
    """Id on the hub, or a local folder."""
    config: str | None = None
    split: str | None = None
    """The split with the real tests; None: `test`, or else the only one."""
    tables: Mapping[str, str] = field(default_factory=dict)
    """Parquet files by split, where `datasets` would not find them or would name their splits differently."""
    files: tuple[str, ...] = ()
    """Files of JSON lines, fetched unchanged and read line by line: `datasets` would load each of them as a whole."""


_LIVECODEBENCH = "hf://datasets/livecodebench/code_generation_lite"
KNOWN: Mapping[str, Source] = {
    "mbpp": Source("google-research-datasets/mbpp", config="full"),
    "humaneval": Source("openai/openai_humaneval"),
    "lbpp": Source(tables={"test": "hf://datasets/CohereLabs/lbpp/python/test.parquet"}),
    "apps": Source(files=("hf://datasets/codeparrot/apps/test.jsonl",)),
    "livecodebench": Source(files=tuple(f"{_LIVECODEBENCH}/test{part}.jsonl" for part in ("", 2, 3, 4, 5, 6))),
}
"""Benchmarks that have a short name."""
_FAILURES = (OSError, ValueError, RuntimeError, httpx.HTTPError, httpx2.HTTPError)
"""Errors that `datasets` and its HTTP client raise; its versions use one of two clients."""
_ID = re.compile(r"(?P<path>[\w.-]+/[\w.-]+)(?::(?P<config>[^:]*))?(?::(?P<split>[^:]*))?")


def hub_source(name: str) -> Source | None:
    """Return the source of a name in KNOWN or of the form OWNER/DATASET[:CONFIG[:SPLIT]]; None for any other name."""
    if name in KNOWN:
        return KNOWN[name]
    found = _ID.fullmatch(name)
    return Source(found["path"], config=found["config"] or None, split=found["split"] or None) if found else None


def folder_source(folder: Path) -> Source:
    """Return the source of a local folder: Parquet files named by split, or else a folder that `datasets` can load."""
    tables = {split: folder / f"{split}.parquet" for split in ("dev", "test")}
    there = {split: str(path) for split, path in tables.items() if path.is_file()}
    return Source(tables=there) if "test" in there else Source(str(folder))


class HubDataset:
    """Read a dataset of the hub, fetched once and then read from the local cache."""

    def __init__(self, name: str, source: Source) -> None:
        self.name = name
        self._source = source

    def rows(self, split: Split) -> Iterator[Row | Fault]:
        """Yield the rows of a split; `dev` counts as weak tests only where the name of the dataset names no split."""
        if self._source.files:
            if split == "test":
                for path, address in zip(self._fetched, self._source.files, strict=True):
                    yield from file_rows(Path(path), f"{self.name} ({address.rpartition('/')[2]})")
            return
        chosen = self._chosen(split)
        for number, fields in enumerate(self._splits[chosen] if chosen else (), start=1):
            yield Row(f"{self.name} ({chosen}), row {number}", fields)

    def _chosen(self, split: Split) -> str | None:
        """Return the dataset's name of this split, None without a `dev`; raises DatasetError without a `test`."""
        there = list(self._splits)
        if split == "dev":
            return "dev" if "dev" in there and self._source.split is None else None
        wanted = self._source.split or (there[0] if len(there) == 1 else "test")
        if wanted not in there:
            raise DatasetError(f"{self.name}: has no split {wanted!r} but {', '.join(there)}; name it: ID:CONFIG:SPLIT")
        return wanted

    @cached_property
    def _splits(self) -> Mapping[str, Any]:
        source = self._source
        with self._package() as datasets:
            if source.tables:
                return datasets.load_dataset("parquet", data_files=dict(source.tables))  # type: ignore[no-any-return]
            if (Path(source.path) / "dataset_dict.json").is_file():
                return datasets.load_from_disk(source.path)  # type: ignore[no-any-return]
            if (Path(source.path) / "state.json").is_file():
                return {"test": datasets.load_from_disk(source.path)}
            return datasets.load_dataset(source.path, source.config)  # type: ignore[no-any-return]

    @cached_property
    def _fetched(self) -> list[str]:
        with self._package() as datasets:
            return datasets.DownloadManager().download(list(self._source.files))  # type: ignore[no-any-return]

    @contextlib.contextmanager
    def _package(self) -> Iterator[Any]:
        """Import the package `datasets` and turn its errors into a HubError that names this dataset."""
        try:
            import datasets  # noqa: PLC0415 - an extra, and slow to import
        except ImportError as error:
            raise HubError(f"{self.name}: needs the package datasets: pip install 'orps-agent[hub]'") from error
        try:
            yield datasets
        except (*_FAILURES, datasets.exceptions.DatasetsError) as error:
            reason = str(error).strip().partition("\n")[0].rstrip(".")
            raise HubError(f"{self.name}: cannot be loaded: {reason}; check path or name, and the network") from error
