"""Open models by their names."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from orps_agent.errors import EndpointError, ModelFileError, SettingsError
from orps_agent.llm.openai.pool import EndpointModel
from orps_agent.llm.registry import is_small, model_names, open_models, uses_embedded
from orps_agent.llm.scripted import Rule, ScriptedModel
from orps_agent.settings import Settings
from tests.support.servers import ModelServer


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ORPS_MODEL", "ORPS_BASE_URL", "ORPS_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ORPS_CONFIG", str(tmp_path / "none.toml"))


def test_without_an_endpoint_the_embedded_model_plays_both_roles() -> None:
    assert model_names(Settings()) == ("embedded", "embedded")
    assert is_small(Settings())


@pytest.mark.parametrize(
    ("settings", "small", "embedded"),
    [
        (Settings(model="embedded", base_url="http://x/v1"), True, True),
        (Settings(model="gpt", api_key=SecretStr("k")), False, False),
        (Settings(model="gpt", critic_model="embedded"), False, True),
        (Settings(model="scripted:x.yaml"), False, False),
        (Settings(base_url="http://x/v1"), False, False),
    ],
)
def test_small_is_the_embedded_programmer_alone(settings: Settings, small: bool, embedded: bool) -> None:
    assert (is_small(settings), uses_embedded(settings)) == (small, embedded)


def test_an_endpoint_without_a_model_asks_for_one() -> None:
    with pytest.raises(SettingsError, match="ORPS_MODEL"):
        model_names(Settings(base_url="http://x/v1"))


def test_names_hold_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = model_names(Settings(model="scripted:a.yaml", critic_model="b.gguf"))
    assert names == (f"scripted:{tmp_path}/a.yaml", f"{tmp_path}/b.gguf")


async def test_one_model_for_both_roles_is_opened_once(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("rules: [{reply: x}]")
    name = f"scripted:{tmp_path}/s.yaml"
    async with open_models(Settings(), programmer=name, critic=name) as models:
        assert models.programmer is models.critic
        await models.check()


async def test_check_speaks_for_every_endpoint_model() -> None:
    async with ModelServer(ScriptedModel([Rule(reply="x")])) as server:
        settings = Settings(base_url=server.url)
        async with open_models(settings, programmer="scripted", critic="other") as models:
            assert isinstance(models.critic, EndpointModel)
            with pytest.raises(EndpointError, match="no model 'other'"):
                await models.check()


async def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="orps model pull"):
        async with open_models(Settings(cache=tmp_path), programmer="embedded", critic="embedded"):
            pass
