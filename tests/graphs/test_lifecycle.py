"""Stop a search: nothing new begins, what is in flight is finished, and no waiting candidate is woken by an error."""

import anyio
import pytest

from orps_agent.errors import EndpointError, ReplyError, StoreError
from orps_agent.graphs.lifecycle import Lifecycle


async def one() -> int:
    return 1


async def gone() -> int:
    raise EndpointError("the endpoint is gone")


async def waits_for_ever(lifecycle: Lifecycle, *, stored: bool = False) -> bool:
    """Return True when an effect neither starts nor returns."""
    begun = []

    async def act() -> None:
        begun.append(1)

    with anyio.move_on_after(0.05) as scope:
        await lifecycle.carry_out(act, stored=stored)
    return scope.cancelled_caught and not begun


async def test_an_act_is_done_and_its_result_returned() -> None:
    lifecycle = Lifecycle()
    assert await lifecycle.carry_out(one) == 1
    assert (lifecycle.stopping, lifecycle.error) == (False, None)


async def test_a_stopping_search_begins_nothing_and_reads_back_what_is_stored() -> None:
    lifecycle = Lifecycle()
    lifecycle.stop()
    assert await waits_for_ever(lifecycle)
    assert await lifecycle.carry_out(one, stored=True) == 1


async def test_it_is_idle_once_what_is_in_flight_is_done() -> None:
    lifecycle, may_end, told = Lifecycle(), anyio.Event(), []

    async def slow() -> int:
        await may_end.wait()
        told.append("done")
        return 2

    async def watch() -> None:
        await lifecycle.until_idle()
        told.append("idle")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lifecycle.carry_out, slow)
        tasks.start_soon(watch)
        await anyio.wait_all_tasks_blocked()
        lifecycle.stop()
        await lifecycle.until_stopping()
        await anyio.wait_all_tasks_blocked()
        assert told == []
        may_end.set()
    assert told == ["done", "idle"]


async def test_with_nothing_in_flight_it_is_idle_at_once() -> None:
    lifecycle = Lifecycle()
    lifecycle.stop()
    await lifecycle.until_idle()


async def test_what_makes_the_search_impossible_stops_it_and_its_caller_waits() -> None:
    lifecycle = Lifecycle()
    with anyio.move_on_after(0.05) as scope:
        await lifecycle.carry_out(gone)
    assert scope.cancelled_caught
    assert (str(lifecycle.error), lifecycle.stopping) == ("the endpoint is gone", True)
    await lifecycle.until_idle()


async def test_the_first_error_is_kept() -> None:
    lifecycle = Lifecycle()
    lifecycle.stop()
    lifecycle.stop(EndpointError("first"))
    lifecycle.stop(StoreError("second"))
    assert str(lifecycle.error) == "first"


async def test_an_error_of_one_act_alone_is_passed_on_and_stops_nothing() -> None:
    async def unreadable() -> None:
        raise ReplyError("not this one")

    lifecycle = Lifecycle()
    with pytest.raises(ReplyError, match="not this one"):
        await lifecycle.carry_out(unreadable)
    assert not lifecycle.stopping


async def test_an_act_that_is_cancelled_is_in_flight_no_more() -> None:
    lifecycle = Lifecycle()
    with anyio.move_on_after(0.01):
        await lifecycle.carry_out(anyio.sleep_forever)
    lifecycle.stop()
    await lifecycle.until_idle()
