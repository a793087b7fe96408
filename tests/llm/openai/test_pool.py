"""Call real servers that misbehave: every call ends, none is lost, none is sent more often than allowed."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable

import anyio
import pytest

from orps_agent.errors import EndpointError, ReplyError
from orps_agent.llm.base import Message, ModelReply, ModelRequest
from orps_agent.llm.openai.endpoint import Endpoint
from orps_agent.llm.openai.faults import backoff, fault_kind, retry_after
from orps_agent.llm.openai.pool import EndpointModel
from orps_agent.llm.scripted import Rule, ScriptedModel
from orps_agent.settings.endpoints import CallPolicy, EndpointSettings, RoleSettings
from tests.support.faults import ENDING, WAIT_SECONDS, RandomFaults, ServerFault
from tests.support.servers import ModelServer

QUICK = CallPolicy(retries=3, backoff_seconds=0.005, patience_seconds=2)


def asking(seed: int = 5, **more: object) -> ModelRequest:
    told = {"role": "programmer", "temperature": 0.3, "max_tokens": 50, "seed": seed}
    return ModelRequest.model_validate(told | {"messages": [{"role": "user", "content": "say hello"}]} | more)


def pool(*servers: ModelServer, policy: CallPolicy = QUICK, **settings: object) -> EndpointModel:
    told = {"timeout_seconds": 5} | settings
    at = [EndpointSettings.model_validate(told | {"base_url": each.url}) for each in servers]
    endpoints = [Endpoint(each, "scripted", name=f"e{place}") for place, each in enumerate(at)]
    return EndpointModel("scripted", endpoints, policy=policy, seed=1)


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with ModelServer(ScriptedModel([Rule(reply="hello you")])) as started:
        yield started


@pytest.fixture
async def other() -> AsyncIterator[ModelServer]:
    async with ModelServer(ScriptedModel([Rule(reply="hello you")])) as started:
        yield started


async def outcomes(model: EndpointModel, calls: int) -> list[ModelReply | EndpointError]:
    """Make this many calls at once, each with a seed of its own; return their outcomes."""
    ended: list[ModelReply | EndpointError] = []

    async def call(seed: int) -> None:
        try:
            ended.append(await model.complete(asking(seed)))
        except EndpointError as error:
            ended.append(error)

    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            for seed in range(calls):
                group.start_soon(call, seed)
    return ended


@pytest.mark.parametrize("fault", ENDING)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_passing_fault_costs_one_repeat(server: ModelServer, fault: ServerFault, stream: bool) -> None:
    server.faults.append(fault)
    async with pool(server, stream=stream) as model:
        reply = await model.complete(asking())
    assert (reply.text, reply.requests, len(server.requests)) == ("hello you", 2, 2)
    assert reply.waited > 0


@pytest.mark.parametrize("fault", ["400", "401", "403", "404"])
async def test_a_lasting_fault_is_not_repeated(server: ModelServer, fault: ServerFault) -> None:
    server.always = fault
    async with pool(server) as model:
        with pytest.raises(EndpointError):
            await model.complete(asking())
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", ["garbage", "half", "empty", "html", "408", "cut stream"])
async def test_replies_that_stay_unreadable_fail_the_call_and_not_the_search(
    server: ModelServer, fault: ServerFault
) -> None:
    server.always = fault
    async with pool(server) as model:
        with pytest.raises(ReplyError, match="given up after 3 retries"):
            await model.complete(asking())
    assert len(server.requests) == 4


async def test_many_calls_with_faults_all_get_their_reply_within_the_policy(server: ModelServer) -> None:
    server.chance = RandomFaults(0.1)
    async with pool(server) as model:
        ended = await outcomes(model, 200)
    assert [each for each in ended if isinstance(each, EndpointError)] == []
    sent = Counter(each["seed"] for each in server.requests)
    assert len(sent) == 200
    assert sum(each.requests for each in ended if isinstance(each, ModelReply)) == len(server.requests)
    refused = sum(fault in {"429", "429 wait", "503"} for fault, _ in server.struck)
    assert max(sent.values()) <= 1 + QUICK.retries + refused


async def test_a_burst_of_errors_loses_no_call(server: ModelServer) -> None:
    server.faults.extend(["500"] * 9)
    async with pool(server, policy=QUICK.model_copy(update={"patience_seconds": 20})) as model:
        ended = await outcomes(model, 30)
    assert all(isinstance(each, ModelReply) for each in ended)


async def test_an_endpoint_that_takes_few_calls_gets_few_and_answers_all() -> None:
    scripted = ScriptedModel([Rule(reply="x", delay=0.01)])
    async with ModelServer(scripted) as server, pool(server) as model:
        server.capacity = 3
        ended = await outcomes(model, 60)
        assert all(isinstance(each, ModelReply) for each in ended)
        assert model.endpoints[0].limit.current < 8


async def test_a_pause_that_was_asked_for_is_kept_by_all_and_is_no_working_time(server: ModelServer) -> None:
    server.faults.append("429 wait")
    async with pool(server, policy=QUICK.model_copy(update={"deadline_seconds": WAIT_SECONDS / 2})) as model:
        (first,) = await outcomes(model, 1)
    assert isinstance(first, ModelReply)
    assert first.waited >= WAIT_SECONDS * 0.9


async def test_a_pause_longer_than_patience_ends_the_search_at_once(server: ModelServer) -> None:
    server.always = "429 wait"
    policy = QUICK.model_copy(update={"patience_seconds": WAIT_SECONDS / 2})
    async with pool(server, policy=policy) as model:
        with pytest.raises(EndpointError, match="429 on purpose") as caught:
            await model.complete(asking())
    assert not isinstance(caught.value, ReplyError)
    assert len(server.requests) == 1


async def test_an_endpoint_that_hangs_ends_with_the_deadline(server: ModelServer) -> None:
    server.always = "hang"
    policy = QUICK.model_copy(update={"deadline_seconds": 0.2})
    async with pool(server, policy=policy, timeout_seconds=0.1) as model:
        with pytest.raises(ReplyError, match=r"deadline_seconds is 0\.2"):
            await model.complete(asking())
    assert len(server.requests) <= 3


@pytest.mark.parametrize("fault", ["500", "drop", "429"])
async def test_an_endpoint_that_is_gone_is_waited_for(server: ModelServer, fault: ServerFault) -> None:
    server.always = fault
    async with pool(server, policy=QUICK.model_copy(update={"patience_seconds": 20})) as model:
        async with anyio.create_task_group() as group:
            group.start_soon(model.complete, asking())
            with anyio.fail_after(20):
                while model.endpoints[0].breaker.open_since is None:  # noqa: ASYNC110
                    await anyio.sleep(0.01)
            server.always = None
        assert model.endpoints[0].breaker.admits()


async def test_an_endpoint_that_stays_gone_ends_the_search_after_patience(server: ModelServer) -> None:
    server.always = "500"
    async with pool(server, policy=QUICK.model_copy(update={"patience_seconds": 1})) as model:
        ended = await outcomes(model, 20)
    assert {type(each) for each in ended} == {EndpointError}
    assert len(server.requests) <= 20 * (1 + QUICK.retries)


async def test_calls_go_to_whoever_has_room(server: ModelServer, other: ModelServer) -> None:
    server.model = other.model = ScriptedModel([Rule(reply="x", delay=0.02)])
    async with pool(server, other) as model:
        await outcomes(model, 40)
    assert min(len(server.requests), len(other.requests)) >= 15


@pytest.mark.parametrize("fault", ["401", "500", "drop"])
async def test_one_healthy_endpoint_is_enough(server: ModelServer, other: ModelServer, fault: ServerFault) -> None:
    server.always = fault
    async with pool(server, other) as model:
        ended = await outcomes(model, 40)
    assert all(isinstance(each, ModelReply) for each in ended)
    assert len(server.requests) < len(other.requests)


async def test_check_names_the_endpoint_that_is_not_there(server: ModelServer, other: ModelServer) -> None:
    async with pool(server, other) as model:
        await other.__aexit__()
        with pytest.raises(EndpointError, match=r"endpoint e1 \(http.* cannot be reached"):
            await model.check()


async def test_a_stream_is_told_in_pieces_and_counted(server: ModelServer) -> None:
    pieces: list[tuple[int, str]] = []

    async def told(start: int, text: str) -> None:
        pieces.append((start, text))

    server.faults.append("cut stream")
    async with pool(server, stream=True) as model:
        reply = await model.complete(asking(), told)
    assert (reply.text, reply.completion_tokens) == ("hello you", 2)
    assert [start for start, _ in pieces].count(0) == 2
    again = max(place for place, (start, _) in enumerate(pieces) if start == 0)
    assert "".join(text for _, text in pieces[again:]) == "hello you"


async def test_a_stream_without_an_end_is_cut_off_and_kept(server: ModelServer) -> None:
    server.always = "endless stream"
    async with pool(server, stream=True) as model:
        reply = await model.complete(asking(max_tokens=10))
    assert reply.finish == "length"
    assert reply.text.startswith("on and on and ")


async def test_a_body_without_an_end_is_given_up(server: ModelServer) -> None:
    server.always = "endless"
    policy = QUICK.model_copy(update={"deadline_seconds": 0.2})
    async with pool(server, policy=policy, timeout_seconds=0.2) as model:
        with pytest.raises(ReplyError):
            await model.complete(asking())


async def test_json_is_asked_of_the_critic_where_the_endpoint_knows_it(server: ModelServer) -> None:
    request = asking(role="critic", structured=True)
    async with pool(server) as model:
        await model.complete(asking(role="critic"))
        await model.complete(request)
        server.refuses = lambda body: "response_format" if "response_format" in body else None
        assert (await model.complete(request)).requests == 2
        assert (await model.complete(request)).requests == 1
    sent = [each.get("response_format", {}).get("type") for each in server.requests]
    assert sent == [None, "json_schema", "json_schema", None, None]


async def test_json_is_asked_of_the_critic_from_the_first_turn_on_where_it_always_is(server: ModelServer) -> None:
    async with pool(server, structured="always") as model:
        await model.complete(asking())
        await model.complete(asking(role="critic"))
        await model.complete(asking(role="critic", structured=True))
    async with pool(server, structured="never") as model:
        await model.complete(asking(role="critic", structured=True))
    forms = [each.get("response_format") for each in server.requests]
    wanted = [form and list(form["json_schema"]["schema"]["properties"]) for form in forms]
    assert wanted == [None, ["thoughts", "score", "good"], ["score"], None]


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4}}, (9, 4, 2)),
        ({"prompt_tokens": 9, "prompt_tokens_details": None, "prompt_cache_hit_tokens": 5}, (9, 5, 2)),
        ({"prompt_tokens": 9, "prompt_tokens_details": {}, "cached_tokens": 9}, (9, 9, 2)),
        ({"prompt_tokens": 9, "cached_tokens": 100}, (9, 9, 2)),
        ({"prompt_tokens": 9}, (9, None, 2)),
        ({"prompt_tokens": -1, "completion_tokens": "two"}, (None, None, None)),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_reply_tells_what_of_its_prompt_was_cached(
    server: ModelServer, usage: dict[str, object], counts: tuple[int | None, ...], stream: bool
) -> None:
    server.usage = usage
    async with pool(server, stream=stream) as model:
        reply = await model.complete(asking())
    assert (reply.prompt_tokens, reply.cached_tokens, reply.completion_tokens) == counts


async def test_a_role_has_sampling_of_its_own_and_may_do_without_a_system_message(server: ModelServer) -> None:
    role = RoleSettings(top_p=0.9, extra={"top_k": 20}, system_message=False)
    endpoint = Endpoint(EndpointSettings(base_url=server.url, model="scripted"), "another name")
    messages = (Message(role="system", content="Be brief."), Message(role="user", content="Hello."))
    async with EndpointModel("another name", [endpoint], role=role) as model:
        await model.complete(asking(messages=messages))
    (sent,) = server.requests
    assert (sent["top_p"], sent["top_k"], sent["model"]) == (0.9, 20, "scripted")
    assert sent["messages"] == [{"role": "user", "content": "Be brief.\n\nHello."}]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(429, None, "busy"), (429, "insufficient_quota", "permanent"), (503, None, "busy"), (409, None, "garbled"),
     (502, None, "unavailable"), (422, None, "refused"), (402, None, "permanent")],
)  # fmt: skip
def test_a_status_says_what_follows(status: int, code: str | None, kind: str) -> None:
    assert fault_kind(status, code) == kind


@pytest.mark.parametrize(
    ("headers", "holds"),
    [
        ({"retry-after": "2"}, lambda seconds: seconds == 2),
        ({"retry-after-ms": "250", "retry-after": "9"}, lambda seconds: seconds == 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, lambda seconds: seconds == 0),
        ({"retry-after": "soon"}, lambda seconds: seconds is None),
        ({"retry-after": "inf"}, lambda seconds: seconds is None),
        ({}, lambda seconds: seconds is None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(headers: dict[str, str], holds: Callable[[object], bool]) -> None:
    assert holds(retry_after(headers))


def test_repeats_wait_longer_each_time_and_never_together() -> None:
    chance = random.Random(1)
    waits = [[backoff(repeat, 0.5, chance) for _ in range(50)] for repeat in range(12)]
    assert all(len(set(each)) == 50 for each in waits)
    assert all(max(shorter) <= min(longer) * 1.01 for shorter, longer in itertools.pairwise(waits[:5]))
    assert max(map(max, waits)) <= 30
