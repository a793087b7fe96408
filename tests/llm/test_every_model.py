"""Check the laws of every model kind: the built-in ones, and with `--model NAME` the named model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
import pytest_asyncio

from orps_agent.llm import ChatModel, Message, ModelReply, ModelRequest, Models
from orps_agent.llm.registry import open_models
from tests.support.samples import RIGHT, script, settings

REQUEST = ModelRequest(
    role="programmer",
    messages=(Message(role="user", content="Write double(n): twice n. Reply with code."),),
    temperature=0.5,
    max_tokens=200,
    seed=7,
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    given = metafunc.config.getoption("--model")
    metafunc.parametrize("name", ["scripted", "recorded", *([given] if given else [])], indirect=True)


@pytest.fixture(name="name")
def _name(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param not in ("scripted", "recorded"):
        return str(request.param)
    if request.param == "recorded":
        reply = ModelReply(text=RIGHT, model="m", seconds=0.1)
        line = f'{{"request": {REQUEST.model_dump_json()}, "reply": {reply.model_dump_json()}}}\n'
        (tmp_path / "replies.jsonl").write_text(line)
        return f"recorded:{tmp_path / 'replies.jsonl'}"
    return script(tmp_path, {"role": "programmer", "reply": RIGHT, "delay": 0.05})


@pytest_asyncio.fixture(name="model")
async def _model(name: str, tmp_path: Path) -> AsyncIterator[ChatModel]:
    async with open_models(settings(tmp_path, model=name), programmer=name, critic=name) as models:
        assert isinstance(models, Models)
        await models.check()
        yield models.programmer


async def test_a_reply_names_the_model_and_took_a_time(model: ChatModel) -> None:
    reply = await model.complete(REQUEST)
    assert isinstance(reply, ModelReply)
    assert model.name
    assert reply.model
    assert reply.text or reply.reasoning
    assert ModelReply.model_validate_json(reply.model_dump_json()) == reply


async def test_many_calls_may_be_in_flight(model: ChatModel) -> None:
    replies: list[ModelReply] = []

    async def ask() -> None:
        replies.append(await model.complete(REQUEST))

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(ask)
    assert len(replies) == 20


async def test_a_cancelled_call_ends_and_disturbs_no_other(model: ChatModel) -> None:
    async def ask_and_leave() -> None:
        with anyio.move_on_after(0):
            await model.complete(REQUEST)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(ask_and_leave)
        reply = await model.complete(REQUEST)
    assert reply.text or reply.reasoning
    await model.complete(REQUEST)


async def test_pieces_of_a_streamed_reply_make_the_whole(model: ChatModel) -> None:
    heard = ""

    async def on_piece(before: int, piece: str) -> None:
        nonlocal heard
        heard = heard[:before] + piece

    reply = await model.complete(REQUEST, on_piece)
    assert heard in ("", reply.text)
