"""Send requests to a real server: what is sent, what is learnt about the server, what its errors become."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator, Callable

import anyio
import pytest
from pydantic import SecretStr

from orps_agent.errors import EndpointError, ReplyError, SettingsError
from orps_agent.llm.base import Message, ModelRequest
from orps_agent.llm.openai.choices import replies
from orps_agent.llm.openai.endpoint import Endpoint
from orps_agent.llm.openai.payloads import Completion
from orps_agent.llm.openai.pool import EndpointModel
from orps_agent.llm.scripted import Rule, ScriptedModel
from orps_agent.settings.endpoints import CallPolicy, EndpointSettings
from tests.support.faults import ServerFault
from tests.support.servers import ModelServer

ASKED = ModelRequest(
    role="programmer",
    messages=(Message(role="user", content="say hello"),),
    temperature=0.3,
    max_tokens=7,
    seed=5,
)
KEY = "sk-very-secret-0123456789"


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with ModelServer(ScriptedModel([Rule(reply="hello you")])) as started:
        yield started


def model_at(url: str, *, model: str = "scripted", retries: int = 0, calls: int = 32, key: str = KEY) -> EndpointModel:
    settings = EndpointSettings(base_url=url, api_key=SecretStr(key), max_calls=calls, timeout_seconds=20)
    policy = CallPolicy(retries=retries, backoff_seconds=0.01, patience_seconds=0.5)
    return EndpointModel(model, [Endpoint(settings, model)], policy=policy, seed=1)


async def until(holds: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not holds():  # noqa: ASYNC110 - what it waits for happens in a peer that knows no events of ours
            await anyio.sleep(0.005)


async def test_a_reply_has_text_counts_and_the_request_has_the_seed(server: ModelServer) -> None:
    async with model_at(server.url) as model:
        reply = await model.complete(ASKED)
    assert (reply.text, reply.finish, reply.prompt_tokens, reply.completion_tokens) == (
        "hello you",
        "stop",
        2,
        2,
    )
    sent = server.requests[0]
    assert (sent["seed"], sent["max_tokens"], sent["temperature"]) == (5, 7, 0.3)


async def test_a_reply_of_thoughts_alone_is_a_reply_that_was_cut_off(server: ModelServer) -> None:
    server.always = "thinking"
    async with model_at(server.url) as model:
        reply = await model.complete(ASKED)
    assert (reply.text, reply.reasoning, reply.finish) == ("", "hm", "length")


IN_PARTS = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "4"}]


@pytest.mark.parametrize(
    ("message", "text", "reasoning"),
    [
        ({"content": "4", "reasoning": "2 and 2"}, "4", "2 and 2"),
        ({"content": "4", "reasoning_content": "2 and 2", "reasoning": None}, "4", "2 and 2"),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                    {"type": "text", "text": "4"},
                ]
            },
            "4",
            "hm",
        ),
        ({"content": [{"type": "image"}, 7, {"type": "thinking", "thinking": "?"}, {"text": "4"}]}, "4", None),
    ],
)
def test_thoughts_and_text_are_told_apart_in_every_form(
    message: dict[str, object], text: str, reasoning: str | None
) -> None:
    answer = Completion.model_validate_json(json.dumps({"choices": [{"message": message}]}))
    (reply,) = replies(answer.choices, answer.usage, model="m", seconds=1)
    assert reply is not None
    assert (reply.text, reply.reasoning) == (text, reasoning)


async def test_passing_failures_are_repeated(server: ModelServer) -> None:
    server.faults.extend(["500", "drop"])
    async with model_at(server.url, retries=2) as model:
        assert (await model.complete(ASKED)).text == "hello you"
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ("401", EndpointError, "set OPENAI_API_KEY"),
        ("403", EndpointError, "set OPENAI_API_KEY"),
        ("404", EndpointError, "has the model 'scripted' but does not answer for it"),
        ("400", ReplyError, "refuses this request"),
        ("429", EndpointError, "429 on purpose"),
        ("503", EndpointError, "try again later"),
        ("drop", EndpointError, "cannot be reached"),
        ("empty", ReplyError, "empty reply"),
        ("garbage", ReplyError, "no chat completion"),
        ("html", ReplyError, "login page"),
    ],
)
async def test_a_failure_is_one_line_of_the_right_kind(
    server: ModelServer, fault: ServerFault, kind: type[EndpointError], said: str
) -> None:
    server.always = fault
    async with model_at(server.url) as model:
        with pytest.raises(EndpointError) as caught:
            await model.complete(ASKED)
    assert type(caught.value) is kind
    assert said in str(caught.value)
    assert server.url in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_the_key_is_in_no_error_even_if_the_endpoint_repeats_it() -> None:
    async with (
        ModelServer(ScriptedModel([Rule(reply="x")]), key="another") as server,
        model_at(server.url) as model,
    ):
        for call in (model.check(), model.complete(ASKED)):
            with pytest.raises(EndpointError, match="no such key") as caught:
                await call
            assert KEY not in f"{caught.value}{caught.value.__cause__}{vars(model)}{vars(model.endpoints[0])}"


async def test_a_password_in_the_url_is_not_shown_even_if_the_endpoint_repeats_it() -> None:
    async with ModelServer(ScriptedModel([Rule(reply="x")]), key="another") as server:
        for url in ("http://me:hidden@127.0.0.1:9/v1", server.url.replace("//", "//me:hidden@")):
            async with model_at(url, key="") as model:
                with pytest.raises(EndpointError) as caught:
                    await model.complete(ASKED)
            assert "hidden" not in str(caught.value)
            assert base64.b64encode(b"me:hidden").decode() not in str(caught.value)


async def test_an_unreachable_endpoint_names_its_url() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    async with model_at(url) as model:
        with pytest.raises(EndpointError, match=f"{url} cannot be reached"):
            await model.check()


async def test_check_costs_no_call_where_the_model_is_listed_and_a_token_where_nothing_is(server: ModelServer) -> None:
    async with model_at(server.url) as model:
        await model.check()
        assert server.requests == []
    server.listing = False
    async with model_at(server.url) as model:
        await model.check()
    assert [each["max_tokens"] for each in server.requests] == [1]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("html", "no chat completion but <html>"),
        ("404", "check the model's name and the URL"),
        ("500", "500 on purpose"),
    ],
)
async def test_check_finds_that_a_url_is_not_the_api(server: ModelServer, fault: ServerFault, said: str) -> None:
    server.listing, server.always = False, fault
    async with model_at(server.url) as model:
        with pytest.raises(EndpointError) as caught:
            await model.check()
    assert said in str(caught.value)
    assert not isinstance(caught.value, ReplyError), "it concerns every call"


async def test_check_lets_a_busy_endpoint_be_waited_for(server: ModelServer) -> None:
    server.listing, server.always = False, "429"
    async with model_at(server.url) as model:
        await model.check()


async def test_check_finds_a_model_that_is_not_there(server: ModelServer) -> None:
    async with model_at(server.url, model="gpt-9") as model:
        with pytest.raises(EndpointError, match="no model 'gpt-9'; it offers: scripted"):
            await model.check()


async def test_a_refused_parameter_is_left_out_from_then_on() -> None:
    async with ModelServer(ScriptedModel([Rule(reply="x")])) as server, model_at(server.url) as model:
        server.refuses = lambda body: next((name for name in ("max_tokens", "seed") if name in body), None)
        await model.complete(ASKED)
        await model.complete(ASKED)
    assert len(server.requests) == 4
    assert server.requests[-1]["max_completion_tokens"] == 7


async def test_no_more_calls_are_in_flight_than_allowed() -> None:
    scripted = ScriptedModel([Rule(reply="x", delay=0.02)])
    async with ModelServer(scripted) as server, model_at(server.url, calls=3) as model:
        await asyncio.gather(*(model.complete(ASKED) for _ in range(10)))
        assert server.most_in_flight <= 3


async def test_cancelling_a_call_closes_its_request(server: ModelServer) -> None:
    server.always = "hang"
    async with model_at(server.url) as model:
        async with anyio.create_task_group() as group:
            group.start_soon(model.complete, ASKED)
            await until(lambda: server.in_flight == 1)
            group.cancel_scope.cancel()
        await until(lambda: server.in_flight == 0)


def test_openai_itself_needs_a_key() -> None:
    with pytest.raises(SettingsError, match="OPENAI_API_KEY"):
        Endpoint(EndpointSettings(), "gpt-4.1-mini")
