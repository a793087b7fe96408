"""Every piece of Python in the README runs as it stands there, and every settings file in docs/models.md loads."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from orps_agent import load_settings
from orps_agent.endpoints import EndpointSettings, RoleSettings
from orps_agent.llm.roles import model_names, open_models
from tests.samples import script

MODELS = (Path(__file__).parents[1] / "docs" / "models.md").read_text(encoding="utf-8")
README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
SOLUTIONS = """
```python
def double(n):
    return 2 * n


def running_max(xs):
    return [max(xs[: n + 1]) for n in range(len(xs))]
```"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"))
def test_the_readme_runs(tmp_path: Path, code: str) -> None:
    (tmp_path / "problem.yaml").write_text(blocks("yaml")[0])
    closing = [{"role": "critic", "reply": "SCORE: 5\n<|good|>"}]
    model = script(tmp_path, {"role": "programmer", "reply": SOLUTIONS}, critic=closing)
    settings = {"ORPS_MODEL": model, "ORPS_DB": str(tmp_path / "orps.db"), "ORPS_SEARCH__SAMPLES": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "return 2 * n" in done.stdout or "search_finished" in done.stdout


@pytest.fixture(name="page")
def _page() -> None:
    """The page's settings file is the user's own."""
    (text,) = re.findall(r"^```toml\n(.*?)^```", MODELS, re.MULTILINE | re.DOTALL)
    Path(os.environ["ORPS_CONFIG"]).write_text(text)


@pytest.mark.usefixtures("page")
async def test_the_settings_file_of_the_models_page_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-made-up")
    settings = load_settings()
    programmer, critic = model_names(settings)
    async with open_models(settings, programmer=programmer, critic=critic) as models:
        assert (models.programmer.name, models.critic.name) == ("qwen3-coder", "gpt-4.1-mini")


def test_the_models_page_names_every_setting() -> None:
    fields = {*EndpointSettings.model_fields, *RoleSettings.model_fields} - {"api_key"}
    assert [name for name in fields if f"`{name}`" not in MODELS] == []
