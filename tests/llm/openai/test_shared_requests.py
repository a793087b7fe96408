"""Test calls that share a request: one prompt is paid for, and every caller has the reply it would get alone."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orps_agent import Agent, load_settings
from orps_agent.budget.account import Budget
from orps_agent.errors import ReplyError
from orps_agent.llm.base import ModelReply, ModelRequest
from orps_agent.llm.openai.choices import replies
from orps_agent.llm.openai.endpoint import Endpoint
from orps_agent.llm.openai.payloads import ReplyChoice, Text, TokenCounts
from orps_agent.llm.openai.pool import EndpointModel
from orps_agent.llm.scripted import Rule, ScriptedModel
from orps_agent.settings.endpoints import CallPolicy, EndpointSettings
from tests.support.faults import ServerFault
from tests.support.samples import DOUBLE, HALF, RIGHT, SMALL, WRONG
from tests.support.servers import ModelServer

QUICK = CallPolicy(retries=2, backoff_seconds=0.005, patience_seconds=2)
WORDS = tuple(f"sample {number}" for number in range(64))


class BySeed(ScriptedModel):
    """Replies with the seed that it is asked with."""

    async def complete(self, request: ModelRequest, on_piece: object = None) -> ModelReply:
        reply = await super().complete(request)
        return reply.model_copy(update={"text": f"sample {request.seed}"})


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with ModelServer(BySeed([Rule(reply="two words", delay=0.02)], name="scripted")) as started:
        started.samples = 64
        yield started


def asking(seed: int, text: str = "say hello", **more: object) -> ModelRequest:
    told = {"role": "programmer", "temperature": 0.3, "max_tokens": 50, "seed": seed}
    return ModelRequest.model_validate(told | {"messages": [{"role": "user", "content": text}]} | more)


def model_at(server: ModelServer, samples: int = 8, policy: CallPolicy = QUICK, **told: object) -> EndpointModel:
    settings = EndpointSettings.model_validate(
        {"base_url": server.url, "samples_per_request": samples, "timeout_seconds": 5} | told
    )
    return EndpointModel("scripted", [Endpoint(settings, "scripted")], policy=policy, seed=1)


async def ask(model: EndpointModel, *requests: ModelRequest) -> list[ModelReply]:
    with anyio.fail_after(30):
        return list(await asyncio.gather(*(model.complete(each) for each in requests)))


def sizes(server: ModelServer) -> list[int]:
    return [each.get("n", 1) for each in server.requests]


@pytest.mark.parametrize("stream", [False, True])
async def test_calls_that_differ_in_their_seed_share_a_request_and_its_tokens(
    server: ModelServer, stream: bool
) -> None:
    async with model_at(server, stream=stream) as model:
        got = await ask(model, *(asking(seed) for seed in range(8)))
    assert sizes(server) == [8]
    assert [each.text for each in got] == list(WORDS[:8]), "each has one of its own"
    assert {(each.requests, each.shared) for each in got} == {(1, 8)}
    assert sum(each.prompt_tokens or 0 for each in got) == 2, "the prompt is counted once"
    assert sum(each.completion_tokens or 0 for each in got) == 8 * 2


async def test_no_request_is_for_more_than_the_setting_says(server: ModelServer) -> None:
    async with model_at(server, 4) as model:
        await ask(model, *(asking(seed) for seed in range(10)))
        await ask(model, asking(11))
    assert sorted(sizes(server)) == [1, 2, 4, 4]


async def test_only_what_is_the_same_is_joined(server: ModelServer) -> None:
    async with model_at(server) as model:
        await ask(model, asking(1), asking(2, "something else"), asking(3, max_tokens=60), asking(4, role="critic"))
        await ask(model, asking(1, temperature=0), asking(2, temperature=0))
    assert sizes(server) == [1] * 6


async def test_nothing_is_joined_unless_it_is_wanted(server: ModelServer) -> None:
    settings = EndpointSettings(base_url=server.url)
    async with EndpointModel("scripted", [Endpoint(settings, "scripted")]) as model:
        await ask(model, asking(1), asking(2))
    assert sizes(server) == [1, 1]


@pytest.mark.parametrize("samples", [1, 3])
async def test_a_server_that_answers_fewer_gets_the_rest_again_and_no_more_than_that_later(
    server: ModelServer, samples: int
) -> None:
    server.samples = samples
    async with model_at(server, policy=QUICK.model_copy(update={"retries": 0})) as model:
        got = await ask(model, *(asking(seed) for seed in range(8)))
        assert len(got) == 8
        assert sum(each.shared == samples for each in got) >= samples
        server.requests.clear()
        await ask(model, *(asking(seed) for seed in range(6)))
    assert sizes(server) == [samples] * (6 // samples)


async def test_a_server_that_refuses_n_by_name_is_asked_singly(server: ModelServer) -> None:
    server.refuses = lambda body: "n" if "n" in body else None
    async with model_at(server) as model:
        assert len(await ask(model, *(asking(seed) for seed in range(5)))) == 5
        await ask(model, *(asking(seed) for seed in range(5)))
    assert sizes(server) == [5, *[1] * 10]


async def test_a_server_that_refuses_without_saying_what_is_asked_singly(server: ModelServer) -> None:
    server.samples, server.strict = 1, True
    async with model_at(server, policy=QUICK.model_copy(update={"retries": 0})) as model:
        got = await ask(model, *(asking(seed) for seed in range(5)))
        assert sorted(each.text for each in got) == list(WORDS[:5])
        await ask(model, *(asking(seed) for seed in range(5)))
    assert sizes(server) == [5, *[1] * 10]


async def test_a_conversation_that_is_refused_says_nothing_about_others(server: ModelServer) -> None:
    server.model = BySeed([Rule(contains="hello", reply="x")], name="scripted")
    async with model_at(server) as model:
        ended = await asyncio.gather(
            *(model.complete(asking(seed, "too long")) for seed in range(3)), return_exceptions=True
        )
        assert {type(each) for each in ended} == {ReplyError}
        assert sizes(server) == [3, 1, 1, 1]
        await ask(model, asking(1), asking(2))
    assert sizes(server)[-1] == 2


@pytest.mark.parametrize("fault", ["408", "429", "429 wait", "500", "503", "drop", "half", "empty", "garbage"])
@pytest.mark.parametrize("stream", [False, True])
async def test_a_shared_request_that_fails_loses_no_call(server: ModelServer, fault: ServerFault, stream: bool) -> None:
    server.faults.append(fault)
    async with model_at(server, stream=stream) as model:
        got = await ask(model, *(asking(seed) for seed in range(6)))
    assert len(got) == 6
    assert sizes(server)[0] == 6
    assert sum(sizes(server)[1:]) == 6
    assert {each.requests for each in got} == {2}


async def test_a_reply_that_is_empty_is_asked_for_again_alone(server: ModelServer) -> None:
    class Mute(BySeed):
        async def complete(self, request: ModelRequest, on_piece: object = None) -> ModelReply:
            reply = await super().complete(request)
            first = len(server.requests) == 1 and request.seed == 2
            return reply.model_copy(update={"text": ""}) if first else reply

    server.model = Mute([Rule(reply="two words")], name="scripted")
    async with model_at(server) as model:
        got = await ask(model, *(asking(seed) for seed in range(4)))
    assert sizes(server) == [4, 1]
    assert [each.requests for each in got] == [1, 1, 2, 1]
    assert [each.shared for each in got] == [3, 3, 1, 3]


async def test_who_is_cancelled_takes_nothing_from_the_others(server: ModelServer) -> None:
    answer = anyio.Event()

    class Held(BySeed):
        async def complete(self, request: ModelRequest, on_piece: object = None) -> ModelReply:
            await answer.wait()
            return await super().complete(request)

    server.model = Held([Rule(reply="x")], name="scripted")
    async with model_at(server) as model, asyncio.TaskGroup() as group:
        calls = [group.create_task(model.complete(asking(seed))) for seed in range(4)]
        while not server.in_flight:  # noqa: ASYNC110
            await anyio.sleep(0.005)
        calls[0].cancel()
        calls[2].cancel()
        with anyio.fail_after(20):
            await asyncio.wait([calls[0], calls[2]])
        answer.set()
    assert [each.cancelled() for each in calls] == [True, False, True, False]
    assert [calls[at].result().text for at in (1, 3)] == ["sample 1", "sample 3"]
    assert sizes(server) == [4]


async def test_when_all_are_cancelled_so_is_the_request(server: ModelServer) -> None:
    server.always = "hang"
    async with model_at(server, max_calls=1) as model:
        async with anyio.create_task_group() as group:
            for seed in range(4):
                group.start_soon(model.complete, asking(seed))
            while not server.in_flight:  # noqa: ASYNC110
                await anyio.sleep(0.005)
            group.cancel_scope.cancel()
        with anyio.fail_after(10):
            while server.in_flight:  # noqa: ASYNC110
                await anyio.sleep(0.005)
        server.always = None
        assert len(await ask(model, asking(1), asking(2))) == 2, "the slot was given back"


async def test_a_call_that_is_cancelled_before_the_request_is_not_asked_for(server: ModelServer) -> None:
    async with model_at(server, max_calls=1) as model:
        await model.endpoints[0].limit.acquire()
        calls = [asyncio.ensure_future(model.complete(asking(seed))) for seed in range(3)]
        await anyio.sleep(0.03)
        calls[0].cancel()
        await asyncio.wait([calls[0]])
        late = asyncio.ensure_future(model.complete(asking(3)))  # joins, as the request is not sent yet
        await anyio.sleep(0.01)
        model.endpoints[0].limit.release()
        await asyncio.gather(*calls[1:], late)
    assert sizes(server) == [3]


async def test_a_call_does_not_join_those_that_are_all_leaving(server: ModelServer) -> None:
    async with model_at(server, max_calls=1) as model:
        await model.endpoints[0].limit.acquire()
        leaving = asyncio.ensure_future(model.complete(asking(0)))
        await anyio.sleep(0.03)
        leaving.cancel()
        late = asyncio.ensure_future(model.complete(asking(1)))
        await asyncio.wait([leaving])
        model.endpoints[0].limit.release()
        with anyio.fail_after(20):
            assert (await late).text == "sample 1"


async def test_a_shared_request_takes_one_slot(server: ModelServer) -> None:
    async with model_at(server, 4, max_calls=2) as model:
        await ask(model, *(asking(seed) for seed in range(16)))
    assert sizes(server) == [4] * 4
    assert server.most_in_flight <= 2


async def test_every_caller_hears_its_own_pieces_and_one_that_cannot_listen_ends_alone(server: ModelServer) -> None:
    heard: dict[int, str] = {}

    async def call(model: EndpointModel, seed: int) -> str:
        async def listen(start: int, text: str) -> None:
            if seed == 1:
                raise OSError("deaf")
            heard[seed] = heard.get(seed, "")[:start] + text

        try:
            return (await model.complete(asking(seed), listen)).text
        except OSError as error:
            return str(error)

    async with model_at(server, stream=True) as model:
        got = await asyncio.gather(*(call(model, seed) for seed in range(4)))
    assert got == ["sample 0", "deaf", "sample 2", "sample 3"]
    assert heard == {0: "sample 0", 2: "sample 2", 3: "sample 3"}
    assert sizes(server) == [4]


async def test_whoever_refuses_a_request_is_not_the_only_one_to_ask(server: ModelServer) -> None:
    async with ModelServer(BySeed([Rule(contains="nothing", reply="x")], name="scripted")) as narrow:
        settings = [EndpointSettings(base_url=each.url) for each in (narrow, server)]
        async with EndpointModel("scripted", [Endpoint(each, "scripted") for each in settings]) as model:
            got = await ask(model, *(asking(seed) for seed in range(6)))
            server.always = "400"
            with pytest.raises(ReplyError, match="refuses this request"):
                await model.complete(asking(1))
    assert sorted(each.text for each in got) == list(WORDS[:6])
    assert narrow.requests


async def test_a_search_whose_samples_ask_the_same_pays_their_prompt_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "hints.toml").write_text('[[hints]]\nname = "plain"\ntext = "Write it."\n')
    (tmp_path / "settings.toml").write_text(
        'model = "scripted"\n[roles.programmer]\nendpoints = ["one"]\n[endpoints.one]\nsamples_per_request = 12\n'
        'base_url = "URL"\n'
    )
    rules = [Rule(role="programmer", replies=(RIGHT, HALF, WRONG)), Rule(role="critic", reply="SCORE: 3")]
    async with ModelServer(ScriptedModel(rules)) as server:
        server.samples = 12
        text = (tmp_path / "settings.toml").read_text().replace("URL", server.url)
        (tmp_path / "settings.toml").write_text(text)
        told = load_settings(db=tmp_path / "orps.db", prompts=tmp_path / "prompts")
        budget = Budget(calls=20)
        config = SMALL.model_copy(update={"samples": 12, "rounds": 1, "budget": budget})
        async with Agent(told) as agent:
            result = await agent.solve(DOUBLE, config)
        written = [each for each in server.requests if each["messages"][-1]["content"].count("Write it.")]
    assert sum(each.get("n", 1) for each in written) == 12
    assert len(written) < 12
    assert (result.reason, result.usage.model_calls) == ("budget: 20 model calls", 20)
    with sqlite3.connect(tmp_path / "orps.db") as connection:
        query = "SELECT count(*), count(DISTINCT json_extract(parameters, '$.seed')), max(shared) FROM model_calls"
        rows = connection.execute(f"{query} WHERE role = 'programmer'").fetchone()
    connection.close()
    assert rows[:2] == (12, 12), "each call has a row and a seed of its own"
    assert rows[2] == max(each.get("n", 1) for each in written)


@given(
    st.lists(st.integers(1, 5000), min_size=1, max_size=40),
    st.integers(0, 5000),
    st.integers(0, 10_000),
    st.integers(0, 100_000) | st.none(),
)
def test_the_parts_of_what_was_counted_add_up(lengths: list[int], fresh: int, cached: int, written: int | None) -> None:
    usage = TokenCounts(prompt_tokens=fresh + cached, cached_tokens=cached, completion_tokens=written)
    got = [
        each
        for each in replies([ReplyChoice(message=Text(content="x" * n)) for n in lengths], usage, model="m", seconds=1)
        if each is not None
    ]
    assert sum(each.prompt_tokens or 0 for each in got) == fresh + cached
    assert sum(each.cached_tokens or 0 for each in got) == cached
    assert all((each.cached_tokens or 0) <= (each.prompt_tokens or 0) for each in got)
    assert {each.completion_tokens for each in got} == {None} or sum(
        each.completion_tokens or 0 for each in got
    ) == written
