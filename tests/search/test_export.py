"""Write a whole search to a document."""

import json
from pathlib import Path

from orps_agent import Agent, Archive
from orps_agent.page import page
from tests.support.samples import DOUBLE, FIRST_HALF_THEN_RIGHT, SMALL, script, settings


async def test_a_document_holds_everything_that_is_known_of_a_search(tmp_path: Path) -> None:
    async with Agent(settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))) as agent:
        result = await agent.solve(DOUBLE, SMALL)
    async with Archive(settings(tmp_path)) as archive:
        document = await archive.document(result.search, texts=True)
        bare = await archive.document(result.search)
        tree = await archive.tree(result.search)
    assert document.search.winner == (result.winner and result.winner.id)
    assert document.search.why == result.why
    assert [each.id for each in document.candidates] == [each.id for each in tree]
    assert len(document.calls) == result.usage.model_calls
    assert all(call.messages and call.reply for call in document.calls)
    assert {call.messages for call in bare.calls} == {None}
    child = next(call for call in document.calls if "." in call.candidate and call.stage == "reason")
    assert child.messages is not None
    assert [role for role, _ in child.messages] == ["system", "user", "assistant", "user"]
    assert json.loads(document.model_dump_json())["candidates"][0]["tokens"] > 0
    assert tree["0"].hint in page(bare)
