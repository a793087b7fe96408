"""Endpoints and roles as a settings file and the environment tell them, and what is wrong with them in one line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orps_agent import Agent, load_settings
from orps_agent.agent import default_config
from orps_agent.errors import OrpsError
from orps_agent.llm.pool import EndpointModel
from orps_agent.llm.roles import is_small, model_names, open_models
from orps_agent.llm.scripted import Rule, ScriptedModel
from orps_agent.settings import Settings
from tests.faults import RandomFaults
from tests.samples import DOUBLE, RIGHT, SMALL
from tests.servers import ModelServer

TWO = """
[roles.programmer]
model = "coder"
endpoints = ["near", "far"]
temperature = 0.9
max_tokens = 77

[roles.critic]
model = "judge"
endpoints = ["near"]

[endpoints.near]
base_url = "http://127.0.0.1:9/v1"
max_calls = 5
api_key_env = "NEAR_KEY"

[endpoints.far]
base_url = "http://127.0.0.1:10/v1"
model = "org/coder"
api_key_file = "{folder}/far.key"
"""


def configured(text: str, folder: Path) -> Settings:
    Path(os.environ["ORPS_CONFIG"]).write_text(text.replace("{folder}", str(folder)))
    return load_settings()


async def test_roles_have_models_and_endpoints_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "far.key").write_text("sk-far\n")
    monkeypatch.setenv("NEAR_KEY", "sk-near")
    told = configured(TWO, tmp_path)
    programmer, critic = model_names(told)
    assert (programmer, critic, is_small(told)) == ("coder", "judge", False)
    async with open_models(told, programmer=programmer, critic=critic) as models:
        assert isinstance(models.programmer, EndpointModel)
        assert isinstance(models.critic, EndpointModel)
        near, far = models.programmer.endpoints
        assert (near.model, far.model) == ("coder", "org/coder")
        assert (near._key.get_secret_value(), far._key.get_secret_value()) == ("sk-near", "sk-far")
        assert near.limit is models.critic.endpoints[0].limit
        assert near.limit.most == 5
    config = default_config(told)
    assert (config.temperature, config.max_tokens, config.critic_tokens) == (0.9, 77, 1500)


def test_a_flag_comes_before_the_role(tmp_path: Path) -> None:
    configured(TWO, tmp_path)
    assert model_names(load_settings(model="other", critic_model="third")) == ("other", "third")


async def test_a_key_of_an_endpoint_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORPS_ENDPOINTS__A__API_KEY", "sk-a")
    told = load_settings()
    assert "sk-a" not in repr(told)
    assert (key := told.endpoints["a"].key("")) is not None
    assert key.get_secret_value() == "sk-a"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[roles.progammer]\nmodel = 'x'", "no role 'progammer'; the roles are programmer, critic, tester"),
        ("[roles.critic]\nmodle = 'x'", "roles.critic.modle: unknown key"),
        ("[endpoints.a]\nmax_calls = -1", "endpoints.a.max_calls"),
        ("retries = -1", "retries"),
        ("deadline_seconds = 0", "deadline_seconds"),
        ("api_key = 'sk-secret'", "set OPENAI_API_KEY in the environment"),
        ("[endpoints.a]\napi_key = 'sk-secret'", "endpoints.a.api_key: a key does not belong in this file"),
        ("[endpoints.a]\napikey = 'sk-secret'", "endpoints.a.apikey: unknown key"),
        ("[endpoints.a]\napi_key_env = 'X'\napi_key_file = 'y'", "only one of"),
        ("model = 'm'\n[roles.programmer]\nendpoints = ['b']\n[endpoints.a]", "no endpoint 'b' (there is: a)"),
        ("model = 'm'\n[roles.programmer]\nendpoints = ['a']\n[endpoints.a]", "set api_key_env or api_key_file"),
        (
            "model = 'm'\n[roles.programmer]\nendpoints = ['a']\n[endpoints.a]\napi_key_env = 'NOT_SET'",
            "endpoints.a.api_key_env: NOT_SET is not set",
        ),
        ("model = 'm'\napi_key_file = '/nowhere/key'", "api_key_file: cannot read /nowhere/key"),
        (
            "model = 'm'\n[roles.programmer]\nendpoints = ['a']\n[endpoints.a]\nbase_url = 'http://127.0.0.1:9/v1'",
            "endpoint a (http://127.0.0.1:9/v1) cannot be reached",
        ),
    ],
)
async def test_bad_settings_are_one_clear_line_before_anything_is_spent(tmp_path: Path, text: str, says: str) -> None:
    async def spend() -> None:
        told = configured(text, tmp_path)
        async with Agent(told.model_copy(update={"db": tmp_path / "orps.db"})) as agent:
            await agent.solve(DOUBLE, SMALL)

    with pytest.raises(OrpsError) as caught:
        await spend()
    assert says in str(caught.value)
    assert "sk-secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_search_among_faults_ends_like_one_without(tmp_path: Path) -> None:
    scripted = ScriptedModel(
        [
            Rule(role="programmer", reply=RIGHT),
            Rule(role="critic", replies=("Right.\nSCORE: 5", "Fine, 8/10.", "", '{"score": "five"}', "SCORE: 3 or 4")),
        ]
    )
    async with ModelServer(scripted) as server:
        server.chance = RandomFaults(0.2)
        told = load_settings(model="scripted", base_url=server.url, db=tmp_path / "orps.db", patience_seconds=20)
        async with Agent(told) as agent:
            result = await agent.solve(DOUBLE, SMALL.model_copy(update={"samples": 6}))
            tree = await agent.store.tree(result.search)
    assert result.solved
    assert all(each.process is None or 1 <= each.process <= 5 for each in tree)
    assert all(each.outcome is not None for each in tree if each.status != "failed")
    assert server.struck
