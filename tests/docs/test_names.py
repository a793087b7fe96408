"""Check that the pages name every setting, strategy, column and page, and nothing that does not exist."""

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orps_agent.archive import Archive
from orps_agent.cli.options import parse_assignments
from orps_agent.llm.registry import model_names, open_models, uses_embedded
from orps_agent.settings import SearchConfig, changed, load_settings
from orps_agent.settings.endpoints import EndpointSettings, RoleSettings
from orps_agent.settings.presets import PRESETS
from tests.support.docs.blocks import PAGES, ROOT, anchors, blocks, prose, text_of
from tests.support.samples import settings

MODELS, STRATEGIES, DATABASE = text_of("docs/models.md"), text_of("docs/strategies.md"), text_of("docs/database.md")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        file, _, anchor = target.partition("#")
        if not file.startswith(("http://", "https://")):
            found = (ROOT / page).parent / file if file else ROOT / page
            assert found.exists(), f"{page}: {target}"
            if anchor:
                assert anchor in anchors(str(found.resolve().relative_to(ROOT))), f"{page}: {target}"


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_fenced_and_says_what_it_is(page: str) -> None:
    indented = re.findall(r"^\n    .+|^ *(?:`{3}|~{3}).*", f"\n{prose(page)}", re.MULTILINE)
    assert indented == [], f"{page}: an indented block is run by nobody"
    assert [block.place for block in blocks(page) if not block.language] == []


def test_the_readme_names_every_page() -> None:
    named = re.findall(r"\]\((docs/[\w/-]+\.md)[#)]", text_of("README.md"))
    assert {page for page in PAGES if page.startswith("docs/")} - set(named) == set()


async def test_the_database_page_names_every_table_and_column(tmp_path: Path) -> None:
    async with Archive(settings(tmp_path)):
        pass
    told = {
        heading: set(re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", part, re.MULTILINE))
        for heading, part in re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", DATABASE, re.MULTILINE | re.DOTALL)
    }
    named = {table: set(re.findall(r"`(\w+)`", " ".join(rows))) for table, rows in told.items()}
    with closing(sqlite3.connect(tmp_path / "orps.db")) as connection:
        kinds = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
        there = {
            table: {column[1] for column in connection.execute(f"PRAGMA table_info({table})")}
            for (table,) in connection.execute(kinds).fetchall()
        }
    assert named == there


@pytest.fixture(name="page")
def _page() -> None:
    """Make the page's settings file the user's own."""
    Path(os.environ["ORPS_CONFIG"]).write_text(_settings()[0])


def _settings() -> list[str]:
    return [block.text for block in blocks("docs/models.md") if block.language == "toml"]


@pytest.mark.usefixtures("page")
async def test_the_settings_file_of_the_models_page_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-made-up")
    found = load_settings()
    programmer, critic = model_names(found)
    async with open_models(found, programmer=programmer, critic=critic) as models:
        assert (models.programmer.name, models.critic.name) == ("qwen3-coder", "gpt-4.1-mini")


def test_the_endpoint_inside_orps_on_the_models_page_is_one() -> None:
    Path(os.environ["ORPS_CONFIG"]).write_text(_settings()[1])
    found = load_settings()
    assert set(found.role("programmer").endpoints) == found.endpoints.keys()
    assert uses_embedded(found)


def test_the_models_page_names_every_setting() -> None:
    fields = {*EndpointSettings.model_fields, *RoleSettings.model_fields} - {"api_key"}
    assert [name for name in fields if f"`{name}`" not in MODELS] == []


def test_the_strategies_page_tells_every_strategy_and_what_it_fixes() -> None:
    told = {name: line for line in STRATEGIES.splitlines() for name in re.findall(r"^\| `([a-z-]+)` \|", line)}
    assert list(told) == list(PRESETS)
    for name, fixed in PRESETS.items():
        assert told[name].count("fixed") == len([each for each in fixed if each in {"samples", "rounds", "beam"}])


def test_the_settings_of_the_strategies_page_are_settings() -> None:
    for assignment in re.findall(r"--set (\w+=\w+)", STRATEGIES):
        assert changed(SearchConfig(), parse_assignments([assignment])) != SearchConfig()
