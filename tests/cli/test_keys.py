"""Check that a key is stored and shown nowhere but where the user put it."""

from __future__ import annotations

from pathlib import Path

import anyio.to_thread
import pytest

from orps_agent.llm.base import ModelReply, ModelRequest
from orps_agent.llm.scripted import Rule, ScriptedModel
from tests.support.command_line import TASK
from tests.support.processes import orps
from tests.support.servers import ModelServer

KEY = "sk-very-secret-0123456789"
CURIOUS = """Look around.
```python
import os, sys


def double(n):
    seen = [repr(dict(os.environ)), repr(sys.argv)]
    for place in ("/proc/self/environ", "/proc/self/cmdline", "/proc/1/environ"):
        try:
            seen.append(open(place, "rb").read().decode())
        except OSError as error:
            seen.append(str(error))
    print(seen, file=sys.stderr)
    raise ValueError(seen)
```"""


class Revoking(ScriptedModel):
    """Has the server take back the key after so many replies."""

    server: ModelServer
    left: int

    async def complete(self, request: ModelRequest, on_piece: object = None) -> ModelReply:
        self.left -= 1
        if not self.left:
            self.server.key = "another"
        return await super().complete(request)


@pytest.mark.parametrize(("replies", "where"), [(1000, "variable"), (4, "file")])
async def test_a_key_reaches_neither_log_nor_database_nor_candidates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replies: int, where: str
) -> None:
    model = Revoking([Rule(role="programmer", reply=CURIOUS), Rule(role="critic", reply="SCORE: 3")], name="served")
    model.left = replies
    kept = tmp_path / "kept"
    kept.mkdir()
    if where == "file":
        (tmp_path / "key").write_text(f"{KEY}\n")
        monkeypatch.setenv("ORPS_API_KEY_FILE", str(tmp_path / "key"))
    else:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
    async with ModelServer(model, key=KEY) as server:
        model.server = server
        flags = ("--model", "served", "--base-url", server.url, "--verbose", "--log", str(kept / "log.jsonl"))
        done = await anyio.to_thread.run_sync(orps, kept, "solve", *TASK, *flags)
        assert done.returncode == (1 if replies == 1000 else 3), done.stderr
        assert len(server.requests) >= 3
    told = [done.stdout.encode(), done.stderr.encode(), *(each.read_bytes() for each in kept.iterdir())]
    assert len(told) >= 4
    assert not any(KEY.encode() in each for each in told)
    if replies == 1000:
        assert any(b"PYTHONHASHSEED" in each for each in told), "the candidate looked, and was heard"
