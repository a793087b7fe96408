"""Open a database that commit 8173c42 has written: it lists, shows, exports, replays, resumes and forks as it did."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orps_agent.agent import Agent
from orps_agent.archive import Archive
from orps_agent.budget import Budget
from orps_agent.domain.candidate import Tree
from tests.support import ROOT
from tests.support.samples import settings

DATA = ROOT / "tests/data/written_by_8173c42"
SEARCHES: dict[str, Any] = json.loads(gzip.decompress((DATA / "expected.json.gz").read_bytes()))["searches"]
EXPORTS: dict[str, Any] = json.loads(gzip.decompress((DATA / "exports.json.gz").read_bytes()))
QUEUED = ("served_running", "queued_low", "queued_high", "queued_fork")
STATUS = {"fork": "created", "killed": "interrupted", **dict.fromkeys(QUEUED, "queued")}
"""The states that have a name of their own now: a fork that was not run and what a service had in its queue were
`interrupted` at 8173c42, a killed search `running`."""
UNFINISHED = [name for name, told in SEARCHES.items() if "resumed" in told]


@pytest.fixture(name="database")
def _database(tmp_path: Path) -> Path:
    for path in DATA.glob("orps.db*.gz"):
        (tmp_path / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    return tmp_path


def within(told: object, now: object) -> bool:
    """Return True when everything that was told is told now, in the same words; more may be told."""
    if isinstance(told, dict) and isinstance(now, dict):
        return all(name in now and within(value, now[name]) for name, value in told.items())
    if isinstance(told, list) and isinstance(now, list):
        return len(told) == len(now) and all(map(within, told, now))
    return told == now


def as_now(name: str, told: dict[str, Any]) -> dict[str, Any]:
    """Return what was shown, with the status that such a search has now."""
    return told | {"status": STATUS.get(name, told["status"])}


async def test_it_lists_every_search_with_its_state(database: Path) -> None:
    async with Archive(settings(database)) as archive:
        listed = {each.id: each.header | {"status": each.status} for each in await archive.searches()}
    assert len(listed) == len(SEARCHES)
    for name, told in SEARCHES.items():
        assert within(as_now(name, told["list"]), listed[told["id"]]), name


async def test_it_shows_and_exports_every_search(database: Path) -> None:
    async with Archive(settings(database)) as archive:
        for name, told in SEARCHES.items():
            result = (await archive.result(told["id"])).model_dump(mode="json")
            tree = [each.model_dump(mode="json") for each in await archive.tree(told["id"])]
            assert within(told["show"], {"result": result, "tree": tree}), name
            document = json.loads((await archive.document(told["id"], texts=True)).model_dump_json())
            was = EXPORTS[name]
            assert within(was | {"search": as_now(name, was["search"])}, document), name


async def test_it_replays_every_search_bit_for_bit(database: Path) -> None:
    async with Archive(settings(database)) as archive:
        for name, told in SEARCHES.items():
            replay = await archive.replay(told["id"])
            document = json.loads(replay.model_dump_json())
            document["candidates"] = [each["id"] for each in document["candidates"]]
            assert within(told["replay"]["document"], document), name
            assert replay.differences == (), name


def seen(tree: Tree) -> list[dict[str, Any]]:
    """Return the columns of a tree that do not depend on measured times."""
    return [
        {
            "id": each.id,
            "round": each.round,
            "hint": each.hint,
            "status": str(each.status),
            "passed": each.report and each.report.passed,
            "tests": each.report and len(each.report.results),
            "process": each.process,
            "code": each.code,
        }
        for each in tree
    ]


def repoint(database: Path) -> None:
    """Make the searches' models those of the script beside this file: they name the folder in which it was once."""
    with closing(sqlite3.connect(database / "orps.db")) as connection, connection:
        connection.execute("UPDATE searches SET programmer = ?1, critic = ?1", (f"scripted:{DATA / 'replies.yaml'}",))


async def test_it_resumes_every_search_that_had_not_ended(database: Path) -> None:
    async with Archive(settings(database)):
        pass  # brought up to date before the models' paths are changed
    repoint(database)
    async with Agent(settings(database)) as agent:
        for name in UNFINISHED:
            told = SEARCHES[name]
            result = await agent.resume(told["id"], budget=Budget(calls=100) if name == "budget" else None)
            search = await agent.store.search(told["id"])
            resumed = told["resumed"]
            found = (search.status, search.reason, search.winner)
            assert found == (resumed["status"], resumed["reason"], resumed["winner"]), name
            tree = await agent.store.tree(told["id"])
            assert seen(tree) == sorted(resumed["tree"], key=lambda each: [int(part) for part in each["id"].split(".")])
            answered = sum(call["status"] == "answered" for call in EXPORTS[name]["calls"])
            assert result.usage.reused_model_calls == answered, name


async def test_it_forks_a_finished_search(database: Path) -> None:
    async with Archive(settings(database)):
        pass
    repoint(database)
    async with Agent(settings(database)) as agent:
        fork = await agent.archive.fork(SEARCHES["orps"]["id"], "0", critique="Double the number.")
        assert (await agent.resume(fork.id)).solved


async def test_what_it_left_of_checkpoints_is_garbage(database: Path) -> None:
    left = database / "orps.db-checkpoints"
    assert left.exists()
    async with Archive(settings(database)) as archive:
        await archive.collect(await archive.garbage())
    assert not left.exists()
