"""Read endpoints and roles from a settings file and the environment; report mistakes in one line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orps_agent import Agent, load_settings
from orps_agent.agent import default_config
from orps_agent.errors import OrpsError, SettingsError
from orps_agent.llm.openai.pool import EndpointModel
from orps_agent.llm.registry import is_small, model_names, name_of_tester, open_models
from orps_agent.llm.scripted import Rule, ScriptedModel
from orps_agent.settings import Settings
from orps_agent.settings.endpoints import RoleSettings
from tests.support.faults import RandomFaults
from tests.support.samples import DOUBLE, FIRST_HALF_THEN_RIGHT, RIGHT, SMALL, script, settings
from tests.support.servers import CRITIC_MARK, ModelServer

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


async def test_a_further_role_has_a_model_of_its_own_or_the_programmers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "far.key").write_text("sk-far\n")
    monkeypatch.setenv("NEAR_KEY", "sk-near")
    told = configured(TWO, tmp_path)
    assert name_of_tester(told) is None
    async with open_models(told, programmer="coder", critic="judge") as models:
        assert models.tester is models.programmer
    told = configured(f'{TWO}[roles.tester]\nmodel = "prober"\nendpoints = ["far"]\ntop_p = 0.5\n', tmp_path)
    assert name_of_tester(told) == "prober"
    async with open_models(told, programmer="coder", critic="judge", tester=name_of_tester(told)) as models:
        assert isinstance(models.tester, EndpointModel)
        assert (models.tester.name, [each.name for each in models.tester.endpoints]) == ("prober", ["far"])
    monkeypatch.setenv("ORPS_ROLES__TESTER__MODEL", "other")
    assert name_of_tester(load_settings()) == "other"


async def test_a_search_remembers_the_tester_and_a_fork_has_it_too(tmp_path: Path) -> None:
    told = settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))
    (tmp_path / "tests.yaml").write_text("rules: [{role: tester, reply: assert True}]")
    name = f"scripted:{tmp_path}/tests.yaml"
    with_tester = told.model_copy(update={"roles": {"tester": RoleSettings(model=name)}})
    async with Agent(told) as agent:
        plain = await agent.solve(DOUBLE, SMALL)
    async with Agent(with_tester) as agent:
        found = await agent.solve(DOUBLE, SMALL)
        fork = await agent.archive.fork(found.search, "0", changes={"rounds": 3})
        assert [(await agent.store.search(each)).tester for each in (plain.search, found.search, fork.id)] == [
            None,
            name,
            name,
        ]
    (tmp_path / "tests.yaml").unlink()
    async with Agent(told) as agent:
        assert (await agent.resume(plain.search)).solved
        with pytest.raises(SettingsError, match=r"tests\.yaml"):
            await agent.resume(fork.id)


async def test_a_role_without_a_table_is_asked_as_the_programmer_is(tmp_path: Path) -> None:
    table = '[roles.programmer]\nmodel = "m"\nsystem_message = false\n'
    told = configured(f'base_url = "http://127.0.0.1:9/v1"\n{table}', tmp_path)
    async with open_models(told, programmer="m", critic="m") as models:
        assert models.critic is models.programmer
    async with open_models(told, programmer="m", critic="other") as models:
        assert isinstance(models.critic, EndpointModel)
        assert models.critic._role.system_message, "another model may know what this one does not"


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
        ("[endpoints.a]\nsamples_per_request = 0", "endpoints.a.samples_per_request"),
        ("base_url = 'localhost:8000/v1'", "base_url: not the URL of a server; it looks like http://"),
        ("[endpoints.a]\nbase_url = 'http://me:sk-secret@127.0.0.1:99999/v1'", "endpoints.a.base_url: not the URL"),
        ("[endpoints.a]\nbase_url = 'http://[::1/v1'", "endpoints.a.base_url: not the URL"),
        ("model = 'm'\n[roles.tester]\nendpoints = ['b']", "roles.tester.endpoints: there is no endpoint 'b'"),
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


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("ORPS_ROLES__PROGAMMER__MODEL", "x", "ORPS_ROLES__PROGAMMER__MODEL: roles: there is no role 'progammer'"),
        ("ORPS_ENDPOINTS__A__MAX_CALLS", "0", "ORPS_ENDPOINTS__A__MAX_CALLS: endpoints.a.max_calls"),
        ("OPENAI_BASE_URL", "localhost:8000", "OPENAI_BASE_URL: base_url: not the URL of a server"),
        ("ORPS_ENDPOINTS", "{a", 'environment: error parsing value for field "endpoints"'),
    ],
)
def test_a_bad_variable_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(says)


def test_an_empty_url_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    assert load_settings().base_url is None


async def test_a_critic_that_always_answers_in_json_is_read(tmp_path: Path) -> None:
    told = '{"thoughts": "Half of it.", "score": 3, "good": false}'
    scripted = ScriptedModel([Rule(role="programmer", reply=RIGHT), Rule(role="critic", reply=told)])
    async with ModelServer(scripted) as server:
        at = f'[endpoints.a]\nbase_url = "{server.url}"\nstructured = "always"\n'
        found = configured(f'model = "scripted"\n[roles.programmer]\nendpoints = ["a"]\n{at}', tmp_path)
        async with Agent(found.model_copy(update={"db": tmp_path / "orps.db"})) as agent:
            result = await agent.solve(DOUBLE, SMALL.model_copy(update={"rounds": 1}))
            tree = await agent.store.tree(result.search)
    assert [(each.critique, each.process) for each in tree] == [("Half of it.", 3)] * 3
    forms = [(CRITIC_MARK in str(each["messages"]), "response_format" in each) for each in server.requests]
    assert sorted(forms) == [(False, False)] * 3 + [(True, True)] * 3


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
