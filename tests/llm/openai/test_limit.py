"""Test the adaptive limit of concurrent calls, and the breaker."""

from __future__ import annotations

import anyio
import pytest

from orps_agent.errors import EndpointError
from orps_agent.llm.openai.breaker import FAULT_THRESHOLD, LONGEST_SECONDS, SHORTEST_SECONDS, Breaker
from orps_agent.llm.openai.limit import INITIAL_LIMIT, AdaptiveLimit


class Clock:
    """Time that passes only when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def answer(limit: AdaptiveLimit, calls: int) -> None:
    """So many answers, while as many calls are in flight as may be."""
    for _ in range(calls):
        while limit.in_flight < limit.current:
            await limit.acquire()
        limit.succeeded()
        limit.release()
    while limit.in_flight:
        limit.release()


async def test_it_doubles_with_each_round_trip_and_stops_at_the_cap() -> None:
    limit = AdaptiveLimit(40)
    seen = []
    for _ in range(4):
        await answer(limit, limit.current)
        seen.append(limit.current)
    assert seen == [2 * INITIAL_LIMIT, 4 * INITIAL_LIMIT, 40, 40]
    limit = AdaptiveLimit(3)
    await answer(limit, 3)
    assert limit.current == 3


async def test_it_does_not_grow_when_it_is_not_used_up() -> None:
    limit = AdaptiveLimit(100)
    for _ in range(INITIAL_LIMIT - 1):
        await limit.acquire()
    for _ in range(50):
        limit.succeeded()
    assert limit.current == INITIAL_LIMIT


async def test_a_volley_that_is_refused_cuts_it_once() -> None:
    clock = Clock()
    limit = AdaptiveLimit(100, clock=clock)
    sent = clock.now
    clock.now += 1
    limit.refused(sent)
    once = limit.current
    for _ in range(INITIAL_LIMIT):
        limit.refused(sent)
    assert limit.current == once < INITIAL_LIMIT
    limit.refused(clock.now)
    assert limit.current < once
    for _ in range(10):
        clock.now += 1
        limit.refused(clock.now)
    assert limit.current == 1


async def test_a_refusal_among_many_answers_cuts_little_and_one_among_refusals_half() -> None:
    clock = Clock()
    limit = AdaptiveLimit(64, clock=clock)
    for _ in range(4):
        await answer(limit, limit.current)
    assert limit.current == 64
    limit.refused(clock.now)
    assert limit.current >= 56
    for _ in range(40):
        limit.refused(clock.now - 1)
    before = limit.current
    limit.refused(clock.now)
    assert limit.current <= before // 2 + 1


async def test_after_a_refusal_it_rises_by_one_a_round_trip() -> None:
    limit = AdaptiveLimit(100)
    limit.refused(limit._clock())
    before = limit.current
    for _ in range(2):
        await answer(limit, limit.current)
    assert before < limit.current <= before + 2


async def test_callers_are_admitted_in_their_order_and_a_cancelled_one_leaves_no_hole() -> None:
    limit = AdaptiveLimit(1)
    order: list[int] = []

    async def call(number: int, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        task_status.started()
        await limit.acquire()
        order.append(number)
        limit.release()

    await limit.acquire()
    async with anyio.create_task_group() as calls:
        await calls.start(call, 1)
        with anyio.move_on_after(0.01):
            await call(2)
        await calls.start(call, 3)
        limit.release()
    assert order == [1, 3]
    assert limit.in_flight == 0


async def test_a_pause_holds_up_whoever_comes() -> None:
    long, short = AdaptiveLimit(8), AdaptiveLimit(8)
    long.refused(0, pause=3600)
    with anyio.move_on_after(0.01) as scope:
        await long.acquire()
    assert scope.cancelled_caught
    assert long.in_flight == 0
    short.refused(0, pause=0.01)
    await short.acquire()
    assert short._clock() >= short.paused_until


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock()


GONE = EndpointError("gone")


def test_the_breaker_opens_after_faults_in_a_row_only(clock: Clock) -> None:
    breaker = Breaker(clock=clock)
    for _ in range(3 * FAULT_THRESHOLD):
        breaker.failed(GONE, probe=False)
        breaker.failed(GONE, probe=False)
        breaker.succeeded()
    assert breaker.admits()
    for _ in range(FAULT_THRESHOLD):
        breaker.failed(GONE, probe=False)
    assert not breaker.admits()


def test_an_open_breaker_admits_one_look_at_a_time_ever_more_rarely(clock: Clock) -> None:
    breaker = Breaker(clock=clock)
    breaker.trip(GONE)
    pauses = []
    for _ in range(8):
        began = clock.now
        while not breaker.admits():
            clock.now += SHORTEST_SECONDS / 2
        pauses.append(clock.now - began)
        probe = breaker.begin()
        assert probe
        assert not breaker.admits()
        breaker.end(probe=probe)
        breaker.failed(GONE, probe=probe)
    assert pauses == sorted(pauses)
    assert pauses[0] == SHORTEST_SECONDS
    assert pauses[-1] == LONGEST_SECONDS
    breaker.succeeded()
    assert breaker.admits()


def test_a_hopeless_endpoint_is_not_looked_at_again(clock: Clock) -> None:
    breaker = Breaker(clock=clock)
    breaker.trip(GONE, permanent=True)
    clock.now += 10_000
    assert not breaker.admits()
