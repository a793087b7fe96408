"""Every piece of Python and SQL in the docs runs as it stands there, every setting on them is one."""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from orps_agent import Agent
from orps_agent.cli.options import assigned
from orps_agent.endpoints import EndpointSettings, RoleSettings
from orps_agent.llm.roles import model_names, open_models, uses_embedded
from orps_agent.presets import PRESETS
from orps_agent.settings import SearchConfig, changed, load_settings
from tests.samples import DOUBLE, SMALL, script, settings

ROOT = Path(__file__).parents[1]
README, BUDGETS, DATABASE, MODELS, STRATEGIES = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "docs/budgets.md", "docs/database.md", "docs/models.md", "docs/strategies.md")
)
SOLUTIONS = """
```python
def double(n):
    return 2 * n


def running_max(xs):
    return [max(xs[: n + 1]) for n in range(len(xs))]
```"""


def blocks(language: str, page: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", [*blocks("python"), *blocks("python", BUDGETS), *blocks("python", DATABASE)])
def test_the_docs_run(tmp_path: Path, code: str) -> None:
    (tmp_path / "problem.yaml").write_text(blocks("yaml")[0])
    closing = [{"role": "critic", "reply": "SCORE: 5\n<|good|>"}]
    model = script(tmp_path, {"role": "programmer", "reply": SOLUTIONS}, critic=closing)
    environment = {"ORPS_MODEL": model, "ORPS_DB": str(tmp_path / "orps.db"), "ORPS_SEARCH__SAMPLES": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "return 2 * n" in done.stdout or "search_finished" in done.stdout


@pytest.mark.parametrize("text", blocks("toml", BUDGETS))
def test_the_settings_on_the_budgets_page_are_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    monkeypatch.setenv("ORPS_CONFIG", str(file))
    found = load_settings()
    assert (found.search and found.search.budget.cost) or found.prices


@pytest.mark.parametrize("query", blocks("sql", DATABASE))
async def test_the_queries_on_the_database_page_answer(tmp_path: Path, query: str) -> None:
    model = script(tmp_path, {"role": "programmer", "reply": SOLUTIONS})
    async with Agent(settings(tmp_path, model=model)) as agent:
        await agent.solve(DOUBLE, SMALL)
    with sqlite3.connect(tmp_path / "orps.db") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    assert found or "'asked'" in query


@pytest.fixture(name="page")
def _page() -> None:
    """The page's settings file is the user's own."""
    Path(os.environ["ORPS_CONFIG"]).write_text(blocks("toml", MODELS)[0])


@pytest.mark.usefixtures("page")
async def test_the_settings_file_of_the_models_page_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-made-up")
    found = load_settings()
    programmer, critic = model_names(found)
    async with open_models(found, programmer=programmer, critic=critic) as models:
        assert (models.programmer.name, models.critic.name) == ("qwen3-coder", "gpt-4.1-mini")


def test_the_endpoint_inside_orps_on_the_models_page_is_one() -> None:
    Path(os.environ["ORPS_CONFIG"]).write_text(blocks("toml", MODELS)[1])
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


def test_the_strategies_page_runs_and_its_settings_are_settings(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = blocks("python", STRATEGIES)
    exec(code, {})
    assert capsys.readouterr().out.splitlines() == ["['0', '1']", "['0.0', '0.1']", "rounds"]
    for assignment in re.findall(r"--set (\w+=\w+)", STRATEGIES):
        assert changed(SearchConfig(), assigned([assignment])) != SearchConfig()
