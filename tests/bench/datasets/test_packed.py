"""Check that packed texts are unpacked, and that nothing in a pickle is executed."""

from __future__ import annotations

import base64
import os
import pickle
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orps_agent.bench.datasets import packed, task_in
from orps_agent.errors import ProblemError
from tests.support.bench import dataset_rows


def pack(data: bytes, level: int = -1) -> str:
    return base64.b64encode(zlib.compress(data, level)).decode()


@given(st.text(), st.integers(0, pickle.HIGHEST_PROTOCOL), st.integers(0, 9))
def test_any_packed_text_comes_back(text: str, protocol: int, level: int) -> None:
    value = pack(pickle.dumps(text, protocol=protocol), level)
    assert packed.is_packed(value)
    assert packed.unpack(value, "it") == text


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_a_pickle_is_never_carried_out(tmp_path: Path) -> None:
    target = tmp_path / "made"
    row = {**dataset_rows.LIVECODEBENCH, "private_test_cases": pack(pickle.dumps(Evil(target)))}
    with pytest.raises(ProblemError, match="private_test_cases holds a pickle of more than a text"):
        task_in(row)
    assert not target.exists()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (pack(pickle.dumps(["a"])), "a pickle of more than a text"),
        (pack(pickle.dumps(3)), "a pickle of more than a text"),
        (pack(b"\x80\x04."), "a pickle of 0 texts"),
        (pack(b"\x8c\x01a\x8c\x01b."), "a pickle of 2 texts"),
        (pack(b"\x8c\xffshort"), "a damaged pickle"),
        (pack(b"\x8c\x01a"), "a damaged pickle"),
        (pack(b"\xfe\xfe"), "a damaged pickle"),
        (pack(b""), "a damaged pickle"),
        (pack(pickle.dumps("abc"))[:-8], "cut off"),
        (base64.b64encode(b"x\x9cnothing").decode(), "cannot be unpacked"),
        ("eJx!", "cannot be unpacked"),
    ],
)
def test_anything_else_is_refused(value: str, reason: str) -> None:
    with pytest.raises(ProblemError, match=reason):
        packed.unpack(value, "it")


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MAX_BYTES", 1 << 20)
    with pytest.raises(ProblemError, match="more than 1 MiB when unpacked"):
        packed.unpack(pack(pickle.dumps("a" * (2 << 20))), "it")
