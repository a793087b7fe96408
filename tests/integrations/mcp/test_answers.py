"""Check the structured content of the tools: its keys, and the name of each state."""

from __future__ import annotations

from pathlib import Path

from orps_agent.integrations.mcp.background_searches import open_runs
from orps_agent.integrations.mcp.tool_server import Tools, build_server
from tests.support.samples import FIRST_HALF_THEN_RIGHT, script, settings
from tests.support.shown import SHOWN, add_one_of_each

PROGRESS = {"search", "problem", "status", "reason", "candidates", "expected", "best_passed", "tests"}
KEYS = {
    "solve": {"search", "status", "solved", "code", "summary"},
    **dict.fromkeys(("start", "watch", "resume", "cancel"), PROGRESS),
    "list": {"searches"},
    "explain": {"result", "why", "best", "tree"},
}


async def test_every_state_is_shown_by_its_name_and_no_key_is_lost(tmp_path: Path) -> None:
    async with open_runs(settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))) as runs:
        await add_one_of_each(runs.archive.store)
        listed = await Tools(runs).list_searches()
        assert {each.search: each.status for each in listed.searches} == SHOWN
        assert all(each.model_dump().keys() >= PROGRESS for each in listed.searches)
        for name, state in SHOWN.items():
            explained = await Tools(runs).explain(name)
            assert (explained.result.search, explained.result.status) == (name, state)
        schemas = {tool.name: tool.output_schema for tool in await build_server(runs).list_tools()}
    assert schemas.keys() == KEYS.keys()
    for name, schema in schemas.items():
        assert schema is not None
        assert schema["properties"].keys() >= KEYS[name]
