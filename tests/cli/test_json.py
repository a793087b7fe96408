"""Check the documents that other programs read: their keys stay, and each state has the same name everywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orps_agent import Agent, Archive
from tests.support.processes import orps
from tests.support.samples import DOUBLE, FIRST_HALF_THEN_RIGHT, SMALL, script, settings
from tests.support.shown import DOCUMENT_KEYS, DOCUMENTED_KEYS, HIDDEN_KEYS, RESULT_KEYS, SHOWN, add_one_of_each

LISTED = {"id", "created_at", "finished_at", "status", "reason", "programmer", "critic", "winner", "problem"}
USED = {
    *("model_calls", "failed_model_calls", "executions", "prompt_tokens", "cached_tokens", "completion_tokens", "cost"),
    *("reused_model_calls", "reused_executions", "reused_cost", "possibly_paid_twice", "seconds"),
}


def printed(folder: Path, *arguments: str) -> Any:
    return json.loads(orps(folder, *arguments).stdout)


async def test_no_key_of_a_document_is_lost(tmp_path: Path) -> None:
    async with Agent(settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))) as agent:
        found = await agent.solve(DOUBLE, SMALL)
        fork = await agent.archive.fork(found.search, "0", changes={"rounds": 3})
    assert json.loads(found.model_dump_json()).keys() >= RESULT_KEYS
    for search in (found.search, fork.id):
        shown, exported = printed(tmp_path, "show", search, "--json"), printed(tmp_path, "export", search)
        assert (shown.keys(), shown["result"].keys() >= RESULT_KEYS) == ({"result", "tree"}, True)
        assert shown["result"]["usage"].keys() >= USED
        assert exported.keys() == DOCUMENT_KEYS
        assert exported["search"].keys() >= DOCUMENTED_KEYS
        assert not exported["search"].keys() & HIDDEN_KEYS
        assert exported["search"]["why"] == shown["result"]["why"]
    for listed in printed(tmp_path, "list", "--json"):
        assert listed.keys() >= LISTED
        assert (listed["problem"], listed.keys() & HIDDEN_KEYS) == ("double", set())


@pytest.fixture(name="folder")
async def _folder(tmp_path: Path) -> Path:
    async with Archive(settings(tmp_path)) as archive:
        await add_one_of_each(archive.store)
    return tmp_path


def test_every_state_is_shown_by_its_name(folder: Path) -> None:
    assert {each["id"]: each["status"] for each in printed(folder, "list", "--json")} == SHOWN
    rows = [line.split() for line in orps(folder, "list", COLUMNS="59").stdout.splitlines()[1:]]
    assert {id_: status for id_, status, *_ in rows} == SHOWN
    for name, state in SHOWN.items():
        assert orps(folder, "show", name).stdout.startswith(f"search {name}, {state}: ")
        assert printed(folder, "export", name)["search"]["status"] == state
