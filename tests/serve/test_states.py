"""Check what the service shows: the state of each search by its name, and the keys that clients rely on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orps_agent.archive import Archive
from orps_agent.domain.search import ACTIVE
from orps_agent.serve.openapi import openapi
from orps_agent.serve.service import Service
from tests.support.samples import FIRST_HALF_THEN_RIGHT, script, settings
from tests.support.shown import DOCUMENT_KEYS, DOCUMENTED_KEYS, HIDDEN_KEYS, RESULT_KEYS, SHOWN, STATES, add_one_of_each

SERVED = {
    *("id", "problem", "state", "reason", "created_at", "finished_at", "programmer", "critic", "winner"),
    *("forked_from", "forked_at", "client", "priority"),
}


async def test_every_state_is_shown_by_its_name(tmp_path: Path) -> None:
    given = settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))
    async with Archive(given) as archive:  # before there is a service that could run what is queued
        await add_one_of_each(archive.store)
    async with Service(given) as service:
        listed = await service.latest(10)
        assert {each.id: each.state for each in listed} == SHOWN
        assert {each.id: (each.client, each.priority) for each in listed if each.client} == {"queued": ("ann", 5)}
        assert [each.id for each in listed if not await service.ended(each.id)] == [
            each.id for each in listed if each.state in ACTIVE
        ]


def test_no_key_of_an_answer_is_lost() -> None:
    schema = openapi()

    def answer(path: str) -> dict[str, Any]:
        content = schema["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        return named(content["schema"])

    def named(reference: dict[str, Any]) -> dict[str, Any]:
        found = schema["components"]["schemas"][reference["$ref"].rpartition("/")[2]]
        return dict(found["properties"])

    one = "/api/searches/{search}"
    assert answer(one).keys() >= SERVED
    assert named(answer("/api/searches")["searches"]["items"]).keys() >= SERVED
    assert answer(f"{one}/result").keys() >= RESULT_KEYS
    document = answer(f"{one}/document")
    assert document.keys() == DOCUMENT_KEYS
    assert named(document["search"]).keys() >= DOCUMENTED_KEYS
    assert not HIDDEN_KEYS & named(document["search"]).keys()
    assert {*answer(one)["state"]["enum"]} == {*named(document["search"])["status"]["enum"]} == {*STATES}
