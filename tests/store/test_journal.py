"""Check how effects are stored: texts that quote one another once, and each read back as it was sent."""

import json
import sqlite3
from functools import partial
from pathlib import Path

import anyio

from orps_agent.domain.candidate import Candidate, Status
from orps_agent.llm.base import ModelReply
from orps_agent.store import Effect, SqliteStore
from tests.support.samples import a_request, a_search

HELLO = a_request("hello")


def table(path: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


async def test_what_prompts_share_is_stored_once_however_often_it_is_sent(tmp_path: Path) -> None:
    async def ask() -> ModelReply:
        return ModelReply(text="", model="m", seconds=0)

    shared = "the same long history " * 500
    path = tmp_path / "orps.db"
    async with SqliteStore(path) as store:
        await store.add_search(a_search())
        journal = await store.journal("abcd")
        async with anyio.create_task_group() as tasks:
            for n in range(50):
                request = a_request(shared, f"{shared}\n\nhint {n}")
                tasks.start_soon(partial(journal.call, Effect("abcd", str(n), "reason"), request, ask, model="m"))
        assert await store.messages(Effect("abcd", "7", "reason")) == [
            ("user", shared),
            ("user", f"{shared}\n\nhint 7"),
        ]
    assert table(path, "SELECT sum(length(text)) FROM prompt_texts")[0][0] < 3 * len(shared)  # type: ignore[operator]


async def test_replies_and_prompts_refer_to_the_columns_that_repeat_them_and_read_as_before(tmp_path: Path) -> None:
    thoughts, code, critique = "I think. " * 30, "def f():\n    return 1\n" * 20, "Weak. " * 40
    reply = ModelReply(text=f"{thoughts}\n```python\n{code}```", model="m", seconds=0)
    prompt = f"Problem\n\n{thoughts}\n\n{code}\n\nCritique\n{critique}\n\nHint"

    async def ask() -> ModelReply:
        return reply

    path = tmp_path / "orps.db"
    first, second = Effect("abcd", "0", "reason"), Effect("abcd", "0.0", "reason")
    known = Candidate(id="0", round=0, hint="h", status=Status.OPEN, reasoning=thoughts, code=code, critique=critique)
    async with SqliteStore(path) as store:
        await store.add_search(a_search())
        await store.add_candidates("abcd", [known])
        journal = await store.journal("abcd")
        await journal.call(first, HELLO, ask, model="m")
        await store.update_candidate("abcd", "0", dict(known), settled=journal.settled(known, ["reason"]))
        await journal.call(second, a_request(prompt), ask, model="m", quoted=[known])
        assert await store.messages(second) == [("user", prompt)]
        again = await store.journal("abcd")
        assert await again.reply(first) == reply
    ((stored,),) = table(path, "SELECT reply FROM model_calls WHERE candidate = '0'")
    assert json.loads(str(stored)) == [
        {"candidate": "0", "column": "reasoning"},
        "\n```python\n",
        {"candidate": "0", "column": "code"},
        "```",
    ]
    ((size,),) = table(path, "SELECT sum(length(text)) FROM prompt_texts")
    assert int(str(size)) < len(prompt) / 2
