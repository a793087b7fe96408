"""Record a model's replies, and replay them."""

from __future__ import annotations

from pathlib import Path

import pytest

from orps_agent import Agent
from orps_agent.errors import ReplyError, SettingsError
from orps_agent.llm.base import Message, ModelRequest
from orps_agent.llm.recorded import RecordingModel, ReplayModel
from orps_agent.llm.scripted import Rule, ScriptedModel
from tests.support.samples import DOUBLE, FIRST_HALF_THEN_RIGHT, SMALL, script, settings


def asking(text: str, seed: int = 0) -> ModelRequest:
    return ModelRequest(
        role="programmer", messages=(Message(role="user", content=text),), temperature=0, max_tokens=9, seed=seed
    )


async def test_a_recorded_search_is_found_again_without_its_model(tmp_path: Path) -> None:
    model, file = script(tmp_path, *FIRST_HALF_THEN_RIGHT), tmp_path / "kept.jsonl"
    async with Agent(settings(tmp_path, model=model, record=file)) as agent:
        recorded = await agent.solve(DOUBLE, SMALL)
    (tmp_path / "script.yaml").unlink()
    async with Agent(settings(tmp_path, model=f"recorded:{file}")) as agent:
        replayed = await agent.solve(DOUBLE, SMALL)
        tree = await agent.store.tree(replayed.search)
        again = await agent.store.tree(recorded.search)
    assert replayed.code == recorded.code
    assert [(each.id, each.code, each.process) for each in tree] == [
        (each.id, each.code, each.process) for each in again
    ]


async def test_repeated_requests_get_their_replies_in_order_and_failures_fail(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    for rule in (Rule(reply="one"), Rule(reply="two"), Rule(contains="no", fail="reply")):
        async with RecordingModel(ScriptedModel([rule]), file) as model:
            if rule.fail is None:
                await model.complete(asking("x"))
            else:
                with pytest.raises(ReplyError):
                    await model.complete(asking("no"))
    replay = ReplayModel.load(file)
    assert [(await replay.complete(asking("x"))).text for _ in range(3)] == ["one", "two", "two"]
    with pytest.raises(ReplyError, match="on purpose"):
        await replay.complete(asking("no"))


async def test_what_is_not_recorded_is_a_clear_miss(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    async with RecordingModel(ScriptedModel([Rule(reply="one")]), file) as model:
        await model.complete(asking("x"))
    with pytest.raises(ReplyError, match="'x' is not recorded; use the seed"):
        await ReplayModel.load(file).complete(asking("x", seed=1))


@pytest.mark.parametrize(
    ("text", "says"), [(None, "make one with ORPS_RECORD"), ("{}\n", "line 1"), ("{\n", "line 1"), ("\xff", "not text")]
)
def test_a_recording_that_cannot_be_used(tmp_path: Path, text: str | None, says: str) -> None:
    file = tmp_path / "kept.jsonl"
    if text is not None:
        file.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsError, match=says):
        ReplayModel.load(file)


async def test_a_recording_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="record: cannot write"):
        async with RecordingModel(ScriptedModel([Rule(reply="x")]), tmp_path / "no" / "kept.jsonl"):
            pass
