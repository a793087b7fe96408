"""Every piece of Python in the README and on the budgets page runs as it stands there, every setting is one."""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from orps_agent import Agent
from orps_agent.settings import load_settings
from tests.samples import DOUBLE, SMALL, script, settings

ROOT = Path(__file__).parents[1]
README, BUDGETS, DATABASE = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/budgets.md", "docs/database.md")
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
