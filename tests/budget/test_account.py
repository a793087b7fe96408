"""Test the account under concurrent calls: no limit is exceeded, no call waits for ever, waiting is free."""

import random
from itertools import pairwise

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orps_agent.budget.account import Account, Budget, Spent, estimated_tokens
from orps_agent.budget.clock import Spans, Stopwatch, only_waiting
from orps_agent.errors import BudgetReached

WORST = 100


class Clock:
    now = 50.0

    def __call__(self) -> float:
        return self.now


async def burst(account: Account, used: list[int], most: list[int] | None = None) -> int:
    """Make calls of so many tokens all at once, each in the worst case of WORST; how many were refused."""
    refused = 0

    async def call(tokens: int) -> None:
        nonlocal refused
        try:
            async with account.call(Spent(1, WORST, WORST / 100)) as charge:
                await anyio.sleep(random.Random(tokens).random() / 1000)
                charge(Spent(1, tokens, tokens / 100))
        except BudgetReached:
            refused += 1

    async with anyio.create_task_group() as tasks:
        for tokens in used:
            tasks.start_soon(call, tokens)
    return refused


limits = st.one_of(st.none(), st.integers(1, 3000))


@given(calls=limits, tokens=limits, cost=limits, used=st.lists(st.integers(0, WORST), max_size=40))
def test_no_burst_of_calls_goes_over_any_limit(
    calls: int | None, tokens: int | None, cost: int | None, used: list[int]
) -> None:
    account = Account(Budget(calls=calls, tokens=tokens, cost=cost and float(cost)))
    refused = anyio.run(burst, account, used)
    assert account.spent.calls == len(used) - refused
    assert calls is None or account.spent.calls <= calls
    assert tokens is None or account.spent.tokens <= tokens
    assert cost is None or account.spent.cost <= cost + 1e-9
    assert not refused or account.exhausted()


@given(tokens=st.integers(1, 3000), used=st.lists(st.integers(0, WORST), max_size=40))
def test_a_call_is_refused_only_when_the_worst_case_does_not_fit_beside_what_is_really_spent(
    tokens: int, used: list[int]
) -> None:
    account = Account(Budget(tokens=tokens))
    refused = anyio.run(burst, account, used)
    assert not refused or account.spent.tokens + WORST > tokens


@given(batch=st.integers(1, 60), own=st.integers(1, 40), searches=st.integers(1, 4))
def test_a_batch_keeps_its_own_limit_over_each_of_its_searches(batch: int, own: int, searches: int) -> None:
    parent = Account(Budget(calls=batch))
    children = [Account(Budget(calls=own), parent=parent) for _ in range(searches)]

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            for child in children:
                tasks.start_soon(burst, child, [1] * 20)

    anyio.run(run)
    assert parent.spent.calls == sum(child.spent.calls for child in children) == min(batch, searches * min(own, 20))
    assert all(child.spent.calls <= own for child in children)
    if own <= 20:
        assert all(child.exhausted() for child in children if child.spent.calls == own)


async def test_the_reason_is_the_searchs_own_limit_before_the_batchs() -> None:
    parent = Account(Budget(calls=1))
    tight, wide = Account(Budget(calls=1), parent=parent), Account(Budget(calls=9), parent=parent)
    await burst(tight, [1])
    assert tight.exhausted() == "1 model call"
    assert wide.exhausted() == "1 model call, by the whole batch"


@pytest.mark.parametrize(("charges", "counted"), [([], Spent()), ([WORST], Spent(1, WORST)), ([WORST, 7], Spent(1, 7))])
async def test_the_last_charge_counts_even_if_the_call_fails(charges: list[int], counted: Spent) -> None:
    account = Account(Budget(calls=1))

    async def call() -> None:
        async with account.call(Spent(1, WORST)) as charge:
            for tokens in charges:
                charge(Spent(1, tokens))
            raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        await call()
    assert account.spent == counted


async def test_an_account_goes_on_from_what_earlier_runs_spent() -> None:
    clock = Clock()
    account = Account(Budget(calls=3, seconds=10), spent=Spent(calls=2, seconds=7), clock=clock)
    assert await burst(account, [1, 1]) == 1
    assert account.exhausted() == "3 model calls"
    later = Account(Budget(seconds=10), spent=Spent(seconds=7), clock=clock)
    assert later.exhausted() is None
    clock.now += 3
    assert later.exhausted() == "10 s have passed"
    assert await burst(later, [1]) == 1


async def test_time_in_which_every_call_waits_is_no_working_time() -> None:
    clock = Clock()
    account = Account(Budget(working_seconds=5), clock=clock)
    async with account.call(Spent(1)) as charge:
        clock.now += 60
        assert account.exhausted() is None
        charge(Spent(1, waited=58))
    assert account.exhausted() is None
    with account.working():
        clock.now += 2.5
    assert account.exhausted() is None
    clock.now += 0.5
    assert account.exhausted() == "5 s of working time have passed"


async def test_work_beside_a_waiting_call_counts() -> None:
    clock = Clock()
    account = Account(Budget(working_seconds=5), clock=clock)
    async with account.call(Spent(1)) as charge:
        with account.working():
            clock.now += 6
        charge(Spent(1, waited=6))
    assert account.exhausted()


def test_an_account_of_earlier_waiting_begins_without_it() -> None:
    keeper = Stopwatch(Clock(), seconds=100, waited=80)
    assert (keeper.seconds, keeper.working) == (100, 20)


spans = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)).map(lambda each: (each[0], sum(each))), max_size=12)


@given(waiting=spans, working=spans)
def test_waiting_alone_is_counted_second_by_second(
    waiting: list[tuple[int, int]], working: list[tuple[int, int]]
) -> None:
    def covered(given: list[tuple[int, int]]) -> set[int]:
        return {second for start, end in given for second in range(start, end)}

    assert only_waiting(waiting, working) == len(covered(waiting) - covered(working))
    found = list(Spans(waiting))
    assert covered(found) == covered(waiting)
    assert all(end < start for (_, end), (start, _) in pairwise(found)), "in order, and none touches the next"


@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan")])
@pytest.mark.parametrize("name", list(Budget.model_fields))
def test_a_limit_is_a_positive_number(name: str, value: float) -> None:
    with pytest.raises(ValidationError):
        Budget.model_validate({name: value})


def test_tokens_are_estimated_by_characters() -> None:
    assert estimated_tokens(["abcd", "e"]) == 2
    assert estimated_tokens([]) == 0
