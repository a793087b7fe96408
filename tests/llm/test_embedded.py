"""Run the embedded model in its real runtime; its file is downloaded once into the user's cache."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import anyio
import httpx
import platformdirs
import pytest

from orps_agent.errors import ModelFileError
from orps_agent.llm import weights
from orps_agent.llm.base import Message, ModelRequest
from orps_agent.llm.embedded import POLICY, EmbeddedServer
from orps_agent.llm.openai.endpoint import Endpoint
from orps_agent.llm.openai.pool import EndpointModel
from orps_agent.llm.registry import open_models
from orps_agent.llm.scripted import Rule, ScriptedModel
from orps_agent.settings import APP, Settings, load_settings
from orps_agent.settings.endpoints import EndpointSettings
from tests.support.servers import ModelServer

pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")

INTERRUPTED = """
import asyncio, os, signal, sys
from pathlib import Path
from orps_agent.llm.base import Message, ModelRequest
from orps_agent.llm.embedded import POLICY, EmbeddedServer
from orps_agent.llm.openai.endpoint import Endpoint
from orps_agent.llm.openai.pool import EndpointModel

async def main():
    asked = ModelRequest(
        role="programmer", messages=(Message(role="user", content="A story"),), temperature=1, max_tokens=2000, seed=1
    )
    async with (
        EmbeddedServer(Path(sys.argv[1])) as server,
        EndpointModel("m", [Endpoint(server.settings(), "m")], policy=POLICY) as model,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(model.complete(asked))
        await asyncio.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has what runs in the background ignore it
try:
    asyncio.run(main())
except KeyboardInterrupt:
    sys.exit(7)
"""


@pytest.fixture(scope="module")
def gguf() -> Path:
    try:
        return anyio.run(weights.pull, Path(platformdirs.user_cache_dir(APP)))
    except ModelFileError as error:
        pytest.skip(f"the embedded model cannot be had here: {error}")


async def test_it_answers_only_who_has_the_key_and_repeats_itself(gguf: Path) -> None:
    asked = ModelRequest(
        role="programmer", messages=(Message(role="user", content="Say hello."),), temperature=0, max_tokens=6, seed=1
    )
    async with (
        EmbeddedServer(gguf, name="embedded", slots=2, context=512) as server,
        EndpointModel("embedded", [Endpoint(server.settings(), "embedded")], policy=POLICY) as model,
    ):
        first, second = await model.complete(asked), await model.complete(asked)
        assert first.text == second.text
        assert first.text.strip()
        assert (first.finish, first.completion_tokens, first.model) == ("length", 6, "embedded")
        async with httpx.AsyncClient(trust_env=False) as stranger:
            answer = await stranger.post(f"{server.url}/chat/completions", json={"messages": []})
        assert answer.status_code == 401


def asking(seed: int) -> ModelRequest:
    said = (Message(role="user", content="Tell me a story about a fox."),)
    return ModelRequest(role="programmer", messages=said, temperature=0.8, max_tokens=4, seed=seed)


async def test_it_draws_several_samples_from_one_prompt(gguf: Path) -> None:
    async with EmbeddedServer(gguf, slots=3, context=256) as server:
        endpoint = Endpoint(server.settings(EndpointSettings(samples_per_request=20)), server.name)
        async with EndpointModel("m", [endpoint], policy=POLICY) as model:
            got = await asyncio.gather(*(model.complete(asking(seed)) for seed in range(3)))
    assert [(each.shared, each.requests, bool(each.text.strip())) for each in got] == [(3, 1, True)] * 3


def settings_with(server: ModelServer, cache: Path) -> Settings:
    """Share the programmer's calls between a server and the embedded model, which is the critic as well."""
    Path(os.environ["ORPS_CONFIG"]).write_text(
        '[roles.programmer]\nmodel = "coder"\nendpoints = ["there", "here"]\n[roles.critic]\nmodel = "embedded"\n'
        f'[endpoints.there]\nbase_url = "{server.url}"\n[endpoints.here]\nmodel = "embedded"\n'
    )
    return load_settings(cache=cache)


async def test_it_is_one_more_endpoint_of_a_list(gguf: Path) -> None:
    scripted = ScriptedModel([Rule(reply="one two", delay=0.1)])
    async with ModelServer(scripted, offers=["coder"]) as server:
        told = settings_with(server, gguf.parents[1])
        async with open_models(told, programmer="coder", critic="embedded") as models:
            await models.check()
            assert isinstance(models.programmer, EndpointModel)
            assert isinstance(models.critic, EndpointModel)
            there, here = models.programmer.endpoints
            (alone,) = models.critic.endpoints
            assert (here.url, here.limit) == (alone.url, alone.limit), "it is loaded once"
            got = await asyncio.gather(*(models.programmer.complete(asking(seed)) for seed in range(12)))
            assert {each.model for each in got} == {"coder", "embedded"}, "the load is shared"
            server.always = "drop"
            got = await asyncio.gather(*(models.programmer.complete(asking(seed)) for seed in range(3)))
            assert {each.model for each in got} == {"embedded"}
            assert there.breaker.health < here.breaker.health


def test_a_process_that_is_interrupted_ends_in_order(gguf: Path) -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, gguf], timeout=120, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (7, b"")
    assert done.stderr == b""


async def test_a_file_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + b"x" * 100)
    with pytest.raises(ModelFileError, match=r"broken\.gguf cannot be loaded"):
        async with EmbeddedServer(tmp_path / "broken.gguf"):
            pass
    with pytest.raises(ModelFileError, match="orps model pull"):
        async with EmbeddedServer(tmp_path / "missing.gguf"):
            pass
