"""Check the laws of `orps_agent.store.base` over every store that comes with the package.

A store from another package passes them as well: `--store "mine://{folder}"` adds the one of that URL. What STORES have
makes a store that is not open yet; called again with the same folder, one that holds what the first one stored.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import BaseModel

from orps_agent.agent import Agent
from orps_agent.domain.artifact import Program
from orps_agent.domain.candidate import Candidate, Status
from orps_agent.domain.events import RoundStarted, SearchStarted
from orps_agent.domain.execution import ExecutionReport, Metric, Metrics, StaticAnalysis, TestResult, Verdict
from orps_agent.domain.problem import TestSuite
from orps_agent.domain.rewards import outcome_reward
from orps_agent.domain.search import Search
from orps_agent.errors import ReplyError, SearchEnded, SearchOwned, StoreError, UnknownCandidate, UnknownSearch
from orps_agent.llm.base import ModelReply
from orps_agent.settings.service_settings import ClientLimits
from orps_agent.store import BenchRun, Effect, QueueEntry, SqliteStore, Store, Token, prompt_hash, store_of
from orps_agent.store.lease import cancel, find_resumable, lease
from orps_agent.store.memory import MemoryStore
from tests.support.samples import DOUBLE, FIRST_HALF_THEN_RIGHT, SMALL, a_request, a_search, script, settings

Opener = Callable[[], Store]
_in_memory: dict[Path, MemoryStore] = {}
STORES: dict[str, Callable[[Path], Store]] = {
    "sqlite": lambda folder: SqliteStore(folder / "orps.db"),
    "memory": lambda folder: _in_memory.setdefault(folder, MemoryStore()),
}

REPORT = ExecutionReport(
    results=(
        TestResult(
            name="1",
            verdict=Verdict.PASS,
            trust="split",
            metrics=Metrics(cpu_ns=Metric(value=12, source="clock", spread=0.5)),
        ),
        TestResult(name="2", verdict=Verdict.FAIL, expected="1", actual="2", error="AssertionError"),
    ),
    tier=1,
    stdout="out",
)
ANALYSIS = StaticAnalysis(lines=1, ast_nodes=2, cyclomatic=1, cognitive=0)
FULL = Candidate(
    id="1.0",
    round=1,
    hint="concise",
    shown=("0", "0.0"),
    status=Status.CLOSED,
    reasoning="Ünïcode 😀 \x1b[31m",
    solution=Program("def f(): ..."),
    report=REPORT,
    analysis=ANALYSIS,
    outcome=outcome_reward(REPORT, ANALYSIS),
    critique="fine",
    process=4,
)
HELLO = a_request("be kind", "hello")
REPLY = ModelReply(
    text="hi", reasoning="hm", finish="length", model="m-1", prompt_tokens=3, completion_tokens=4, cost=0.5, seconds=0.5
)
HERE = socket.gethostname()
NOBODY = 2**22 + 1  # a pid above the kernel's limit
ALIVE = {"owner_pid": os.getppid(), "owner_host": HERE, "lease_until": time.time() + 86_400}
DEAD = ALIVE | {"owner_pid": NOBODY}


class Answer(BaseModel):
    value: int


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "opened" in metafunc.fixturenames:
        url = metafunc.config.getoption("--store")
        metafunc.parametrize("opened", [*STORES, *([url] if url else [])], indirect=True)


@pytest.fixture
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Make the same store again and again."""
    if request.param in STORES:
        return lambda: STORES[request.param](tmp_path)
    return lambda: store_of(settings(tmp_path, db=request.param.replace("{folder}", str(tmp_path))))


async def ask() -> ModelReply:
    return REPLY


async def act() -> Answer:
    return Answer(value=1)


async def never() -> Any:
    raise AssertionError("an effect was done a second time")


async def dies() -> Any:
    raise RuntimeError("the process is gone")


async def fails() -> Any:
    raise ReplyError("no luck")


def searched(name: str, **changed: object) -> Search:
    return a_search(name).model_copy(update=changed)


# Searches and candidates.


async def test_searches_and_candidates_come_back_as_they_were(opened: Opener) -> None:
    row = searched("abcd", prompts="p", tester="t", start={"a": [1]}, tests_by="m")
    async with opened() as store:
        await store.add_search(row)
        await store.add_candidates("abcd", [FULL, Candidate(id="1", round=0, hint="h")])
        await store.update_candidate("abcd", "1.0", dict(FULL))
        await store.add_candidates("abcd", [Candidate(id="1.0", round=1, hint="anew")])
    async with opened() as store:
        assert await store.search("ab") == row
        assert (await store.has_search("abcd"), await store.has_search("ab")) == (True, False)
        assert [each.id for each in await store.tree("abcd")] == ["1", "1.0"]
        assert await store.candidate("abcd", "1.0") == FULL
        assert await store.outline("abcd") == [Candidate(id="1", round=0, hint="h").outline, FULL.outline]
        assert await store.passed("abcd") == {"1.0": frozenset({"1"})}
        with pytest.raises(UnknownCandidate, match="no candidate '7' in search abcd"):
            await store.candidate("abcd", "7")


async def test_what_is_changed_of_a_search_comes_back(opened: Opener) -> None:
    posed = DOUBLE.model_copy(update={"tests": TestSuite(tests=())})
    changed: Any = {
        "status": "finished",
        "reason": "rounds",
        "finished_at": 5.0,
        "problem": posed,
        "config": SMALL,
        "tests_by": "m",
        "winner": "1.0",
        "verification": REPORT,
        "comparison": "faster",
    }
    row = a_search()
    async with opened() as store:
        await store.add_search(row)
        await store.update_search("abcd", **changed)
    async with opened() as store:
        assert await store.search("abcd") == row.model_copy(update=changed)


async def test_candidates_of_no_search_are_refused(opened: Opener) -> None:
    async with opened() as store:
        with pytest.raises(StoreError):
            await store.add_candidates("nothing", [FULL])
        assert [*await store.tree("nothing")] == []


async def test_unknown_and_ambiguous_ids_are_refused(opened: Opener) -> None:
    async with opened() as store:
        for unfinished in (True, False):
            with pytest.raises(UnknownSearch, match="start one"):
                await store.latest(unfinished=unfinished)
        await store.add_search(a_search("ab1"))
        await store.add_search(a_search("ab2"))
        with pytest.raises(UnknownSearch, match="more than one"):
            await store.search("ab")
        with pytest.raises(UnknownSearch, match="no search"):
            await store.search("%")


async def test_the_latest_come_first(opened: Opener) -> None:
    async with opened() as store:
        for at, name in ((3.0, "c"), (1.0, "a"), (2.0, "b")):
            await store.add_search(searched(name, created_at=at))
        assert [each.id for each in await store.searches()] == ["c", "b", "a"]
        assert [each.id for each in await store.searches(1)] == ["c"]
        assert (await store.latest(unfinished=False)).id == "c"


async def test_a_fork_begins_with_an_open_copy_of_a_branch(opened: Opener) -> None:
    async with opened() as store:
        await store.add_search(a_search())
        await store.add_candidates("abcd", [Candidate(id="1", round=0, hint="h", shown=("0",)), FULL])
        await store.update_candidate("abcd", "1.0", dict(FULL))
        fork = searched("fork", forked_from="abcd", forked_at="1.0")
        learned = dict.fromkeys(("report", "analysis", "outcome", "critique", "process"))
        await store.add_fork(fork, ["1", "1.0"], {"status": Status.RUNNING, "solution": Program("x = 1"), **learned})
        assert await store.search("fork") == fork
        first, last = await store.tree("fork")
        assert first == Candidate(id="1", round=0, hint="h", status=Status.OPEN)
        bare = Candidate(id="1.0", round=1, hint="concise", reasoning=FULL.reasoning, solution=Program("x = 1"))
        assert last == bare
        assert (await store.outline("fork"))[1] == bare.outline
        assert await store.candidate("abcd", "1.0") == FULL


async def test_tasks_side_by_side_see_what_they_wrote(opened: Opener) -> None:
    async with opened() as store:
        await store.add_search(a_search())
        await store.add_candidates("abcd", [Candidate(id=str(n), round=0, hint="h") for n in range(20)])

        async def write_then_read(n: int) -> None:
            for turn in range(5):
                await store.update_candidate("abcd", str(n), {"critique": str(turn)})
                assert (await store.candidate("abcd", str(n))).critique == str(turn)

        async with anyio.create_task_group() as tasks:
            for n in range(20):
                tasks.start_soon(write_then_read, n)


async def test_a_halted_search_goes_on_where_it_was_and_is_judged_anew(opened: Opener) -> None:
    async with opened() as store:
        await store.add_search(a_search())
        halted = {"status": Status.HALTED, "error": "budget"}
        await store.add_candidates("abcd", [Candidate(id=str(n), round=0, hint="h") for n in range(2)])
        await store.update_candidate("abcd", "0", halted)
        journal = await store.journal("abcd")
        for stage in ("execute", "judge"):
            await journal.execute(Effect("abcd", "0", stage), Answer, act)
        await store.update_search("abcd", status="finished", finished_at=1.0, winner="0", reason="budget: calls")
        ended = await store.search("abcd")
        await store.reopen(ended.model_copy(update={"config": SMALL}))
        again = await store.search("abcd")
        assert (again.config, again.winner, again.reason, again.finished_at) == (SMALL, None, None, None)
        assert (await store.candidate("abcd", "0")).status is Status.RUNNING
        journal = await store.journal("abcd")
        assert journal.is_finished(Effect("abcd", "0", "execute"))
        assert not journal.is_finished(Effect("abcd", "0", "judge"))


# States.


@pytest.mark.parametrize(
    ("stored", "entry", "seen"),
    [
        ({}, False, "created"),
        ({"status": "running", **ALIVE}, False, "running"),
        ({"status": "running", **DEAD}, False, "interrupted"),
        ({"status": "running", **ALIVE, "lease_until": 1.0}, False, "interrupted"),
        ({"status": "running", **ALIVE, "owner_host": "elsewhere"}, False, "running"),
        ({"status": "running"}, False, "interrupted"),
        ({"status": "interrupted"}, False, "interrupted"),
        ({"status": "finished"}, False, "finished"),
        ({"status": "cancelled"}, False, "cancelled"),
        ({}, True, "queued"),
        ({"status": "queued", **ALIVE}, True, "running"),
        ({"status": "queued", **DEAD}, True, "queued"),
        ({"status": "running", **ALIVE}, True, "running"),
        ({"status": "running", **DEAD}, True, "queued"),
        ({"status": "interrupted"}, True, "queued"),
        ({"status": "finished"}, True, "finished"),
        ({"status": "cancelled"}, True, "cancelled"),
    ],
)
async def test_a_search_is_read_with_the_status_that_it_has_now(
    opened: Opener, stored: dict[str, Any], entry: bool, seen: str
) -> None:
    async with opened() as store:
        await store.add_search(a_search())
        if entry:
            await store.enqueue(QueueEntry("abcd", "ann"))
        if stored:
            await store.update_search("abcd", **stored)
        assert (await store.search("abcd")).status == seen
        assert [each.status for each in await store.searches()] == [seen]
        if seen in ("created", "running", "interrupted") and not entry:
            assert (await store.latest(unfinished=True)).status == seen
        else:
            with pytest.raises(UnknownSearch):
                await store.latest(unfinished=True)


async def test_one_that_its_budget_ended_can_be_resumed_with_a_larger_one(opened: Opener) -> None:
    async with opened() as store:
        await store.add_search(searched("old", created_at=1.0))
        await store.add_search(searched("over", created_at=2.0))
        await store.update_search("over", status="finished", finished_at=2.0, reason="budget: calls")
        assert (await store.latest(unfinished=True)).id == "old"
        assert (await store.latest(unfinished=True, out_of_budget=True)).id == "over"


async def test_a_lease_makes_a_search_run_and_keeps_others_out(opened: Opener) -> None:
    async with opened() as store:
        await store.add_search(a_search())
        async with lease(store, "abcd"):
            assert (await store.search("abcd")).status == "running"
            with pytest.raises(SearchOwned, match="process"):
                async with lease(store, "abcd"):
                    pass
        assert (await store.search("abcd")).status == "interrupted"
        async with lease(store, "abcd"):
            await store.update_search("abcd", status="finished", finished_at=time.time())
        async with lease(store, "abcd"):  # to be told again
            assert (await store.search("abcd")).status == "finished"


async def test_an_owner_that_changed_meanwhile_keeps_the_search(opened: Opener) -> None:
    async with opened() as store:
        await store.add_search(a_search())
        seen = await store.search("abcd")
        await store.change_owner(seen, os.getppid(), HERE, time.time() + 99)
        await store.change_owner(seen, 1, "elsewhere", time.time() + 99)
        assert (await store.search("abcd")).owner_pid == os.getppid()


async def test_a_living_owner_is_asked_and_a_dead_one_is_not(opened: Opener) -> None:
    async with opened() as store:
        for name, owner in (("dead", NOBODY), ("live", os.getppid())):
            await store.add_search(a_search(name))
            await store.change_owner(await store.search(name), owner, HERE, time.time() + 99)
        assert not await cancel(store, "live")
        assert await store.cancel_requested("live")
        assert await cancel(store, "dead")
        assert (await store.search("dead")).status == "cancelled"
        with pytest.raises(SearchEnded, match="dead is cancelled already"):
            await cancel(store, "dead")
        await store.update_search("live", lease_until=1.0)
        await store.change_owner(await store.search("live"), os.getppid(), HERE, time.time() + 99)
        assert (await store.search("live")).cancel_requested_at is None


PLANNED = a_search("new").model_copy(update={"prompts": "as they are"})


@pytest.mark.parametrize(
    ("planned", "stored", "goes_on"),
    [
        ({}, {}, True),
        ({}, {"status": "running", **DEAD}, True),
        ({}, {"status": "interrupted"}, True),
        ({}, {"status": "running", **ALIVE}, False),
        ({}, {"status": "finished"}, False),
        ({}, {"status": "cancelled"}, False),
        ({"config": PLANNED.config.model_copy(update={"seed": 1})}, {}, False),
        ({"problem": DOUBLE.model_copy(update={"statement": "Halve."})}, {}, False),
        ({"critic": "another"}, {}, False),
        ({"tester": "another"}, {}, False),
        ({"prompts": "others"}, {}, False),
        ({"prompts": None}, {}, False),
        ({"problem": DOUBLE.model_copy(update={"tests": TestSuite(tests=())})}, {"tests_by": "m"}, True),
    ],
)
async def test_an_interrupted_search_is_found_by_what_it_asks(
    opened: Opener, planned: dict[str, Any], stored: dict[str, Any], goes_on: bool
) -> None:
    async with opened() as store:
        await store.add_search(PLANNED.model_copy(update={"id": "old"}))
        if stored:
            await store.update_search("old", **stored)
        found = await find_resumable(store, PLANNED.model_copy(update=planned))
    assert found == ("old" if goes_on else None)


async def test_neither_forks_nor_what_was_submitted_goes_on_by_itself(opened: Opener) -> None:
    async with opened() as store:
        await store.add_search(PLANNED.model_copy(update={"id": "queued"}))
        await store.add_search(PLANNED.model_copy(update={"id": "fork", "forked_from": "queued"}))
        await store.add_search(PLANNED.model_copy(update={"id": "older", "prompts": None}))
        assert await find_resumable(store, PLANNED) == "queued"
        await store.enqueue(QueueEntry("queued", "ann"))
        assert await find_resumable(store, PLANNED) is None
        await store.leave_queue("queued", status="interrupted")
        assert await find_resumable(store, PLANNED) is None


# Effects.


async def test_a_call_happens_once(opened: Opener) -> None:
    effect = Effect("abcd", "0.1", "reason")
    async with opened() as store:
        await store.add_search(a_search())
        journal = await store.journal("abcd")
        assert not journal.is_finished(effect)
        assert await journal.call(effect, HELLO, ask, model="m") == REPLY
        assert journal.tally.done == {"model": 1}
    async with opened() as store:
        journal = await store.journal("abcd")
        assert journal.search == "abcd"
        assert journal.is_finished(effect)
        assert await journal.call(effect, HELLO, never, model="m") == REPLY
        assert await journal.reply(effect) == await store.reply(effect) == REPLY
        assert await store.messages(effect) == [(each.role, each.content) for each in HELLO.messages]
        assert (journal.tally.reused, journal.tally.reused_cost) == ({"model": 1}, 0.5)


async def test_an_execution_happens_once(opened: Opener) -> None:
    effect = Effect("abcd", "0", "execute")
    async with opened() as store:
        await store.add_search(a_search())
        assert await (await store.journal("abcd")).execute(effect, Answer, act) == Answer(value=1)
    async with opened() as store:
        assert await (await store.journal("abcd")).execute(effect, Answer, never) == Answer(value=1)


async def test_what_was_only_begun_is_done_again_and_counted(opened: Opener) -> None:
    call, run = Effect("abcd", "0", "reason"), Effect("abcd", "0", "execute")
    async with opened() as store:
        await store.add_search(a_search())
        journal = await store.journal("abcd")
        with pytest.raises(RuntimeError):
            await journal.call(call, HELLO, dies, model="m")
        with pytest.raises(RuntimeError):
            await journal.execute(run, Answer, dies)
    async with opened() as store:
        journal = await store.journal("abcd")
        assert not journal.is_finished(call)
        await journal.call(call, HELLO, ask, model="m")
        await journal.execute(run, Answer, act)
        assert (journal.tally.redone, journal.tally.reused) == ({"model": 1, "execution": 1}, {})
        assert [(each.number, each.status) for each in await store.calls("abcd")] == [(1, "asked"), (2, "answered")]
        assert [(each.number, each.status) for each in await store.executions("abcd")] == [
            (1, "asked"),
            (2, "answered"),
        ]


async def test_a_try_that_failed_says_why_and_may_not_have_been_paid_twice(opened: Opener) -> None:
    effect = Effect("abcd", "0", "reason")
    async with opened() as store:
        await store.add_search(a_search())
        with pytest.raises(ReplyError):
            await (await store.journal("abcd")).call(effect, HELLO, fails, model="m")
        journal = await store.journal("abcd")
        await journal.call(effect, HELLO, ask, model="m")
        assert journal.tally.redone == {}
        first, second = await store.calls("abcd")
        assert (first.status, first.error, first.seconds) == ("failed", "no luck", None)
        assert (second.effect, second.model, second.cost, second.finish) == (effect, "m-1", 0.5, "length")
        assert (second.role, second.parameters, second.prompt_hash) == (
            "programmer",
            {"temperature": 0.5, "max_tokens": 100, "seed": 0, "structured": False},
            prompt_hash(HELLO),
        )


async def test_settled_effects_read_as_before(opened: Opener) -> None:
    call, run = Effect("abcd", "1.0", "reason"), Effect("abcd", "1.0", "execute")
    told = ModelReply(text=f"I think. {'So. ' * 99}\n{FULL.code}", model="m", seconds=0)
    known = FULL.model_copy(update={"reasoning": "So. " * 99})

    async def tell() -> ModelReply:
        return told

    async with opened() as store:
        await store.add_search(a_search())
        await store.add_candidates("abcd", [known])
        journal = await store.journal("abcd")
        await journal.call(call, HELLO, tell, model="m")
        await journal.execute(run, Answer, act)
        settled = journal.settled(known, ("reason", "execute"))
        assert settled.outcomes == {call: told, run: Answer(value=1)}
        await store.update_candidate("abcd", "1.0", dict(known), settled=settled)
        assert journal.settled(known, ("reason", "execute")).outcomes == {}
    async with opened() as store:
        journal = await store.journal("abcd")
        assert await journal.reply(call) == told
        assert journal.is_finished(run)
        assert await store.candidate("abcd", "1.0") == known


async def test_nothing_is_known_of_what_was_never_done(opened: Opener) -> None:
    async with opened() as store:
        await store.add_search(a_search())
        for read in (store.reply, store.messages):
            with pytest.raises(StoreError, match="nothing is stored of abcd 0 reason"):
                await read(Effect("abcd", "0", "reason"))
        assert await store.calls("abcd") == []
        assert await store.executions("abcd") == []
        assert await store.calls_by_candidate("abcd") == {}


async def test_sums_are_unknown_where_a_part_of_them_is(opened: Opener) -> None:
    unpriced = REPLY.model_copy(update={"cost": None, "prompt_tokens": None, "cached_tokens": 2})

    async def tell() -> ModelReply:
        return unpriced

    async with opened() as store:
        await store.add_search(a_search())
        journal = await store.journal("abcd")
        await journal.call(Effect("abcd", "0", "reason"), HELLO, ask, model="m")
        await journal.execute(Effect("abcd", "0", "execute"), Answer, act)
        known = {"prompt_tokens": 3, "completion_tokens": 4, "cached_tokens": None, "cost": 0.5}
        counts = {"model_calls": 1, "failed_model_calls": 0, "executions": 1}
        assert await store.usage("abcd") == counts | known
        await journal.call(Effect("abcd", "1", "reason"), HELLO, tell, model="m")
        unknown = {"prompt_tokens": None, "completion_tokens": 8, "cached_tokens": 2, "cost": None}
        assert await store.usage("abcd") == counts | {"model_calls": 2} | unknown
        assert await store.calls_by_candidate("abcd") == {"0": 1, "1": 1}
        assert (await store.journal("abcd")).tally.reused_cost is None


# Events.


async def test_events_come_in_order_and_are_numbered(opened: Opener) -> None:
    async with opened() as store:
        for name in ("abcd", "other"):
            await store.add_search(a_search(name))
        assert not await store.has_begun("abcd")
        assert await store.last_event("abcd") == 0
        store.record(SearchStarted(search="abcd", problem="double", resumed=False, at_most=3))
        for n in range(5):
            store.record(RoundStarted(search="abcd", round=n, candidates=1))
            store.record(RoundStarted(search="other", round=n, candidates=1))
        await store.flush()
        assert await store.has_begun("abcd")
    async with opened() as store:
        events = await store.events("abcd")
        assert [each.kind for each in events] == ["search_started", *["round_started"] * 5]
        assert [each.told["round"] for each in events[1:]] == [0, 1, 2, 3, 4]
        numbers = [each.id for each in events]
        assert numbers == sorted(numbers)
        assert await store.last_event("abcd") == numbers[-1]
        assert [each.id for each in await store.events("abcd", after=numbers[1], limit=2)] == numbers[2:4]
        assert 0 <= await store.seconds("abcd") <= events[-1].at - events[0].at


async def test_the_version_differs_with_whatever_is_new(opened: Opener) -> None:
    seen: list[object] = []
    async with opened() as store:
        await store.add_search(a_search())

        async def look() -> None:
            seen.append(await store.version("abcd"))
            assert await store.version("abcd") == seen[-1]
            assert seen.count(seen[-1]) == 1

        await look()
        await store.add_candidates("abcd", [FULL])
        await look()
        await store.set_status("abcd", ["1.0"], Status.PRUNED)
        await look()
        store.record(RoundStarted(search="abcd", round=0, candidates=1))
        await store.flush()
        await look()
        journal = await store.journal("abcd")
        with pytest.raises(RuntimeError):
            await journal.call(Effect("abcd", "1.0", "reason"), HELLO, dies, model="m")
        await look()
        await journal.call(Effect("abcd", "1.0", "reason"), HELLO, ask, model="m")
        await look()
        await journal.execute(Effect("abcd", "1.0", "execute"), Answer, act)
        await look()


# The queue, tokens, bench records.


async def test_the_queue_goes_by_priority_and_then_by_time(opened: Opener) -> None:
    async with opened() as store:
        for name, client, priority in (("a", "ann", 0), ("b", "bob", 0), ("c", "ann", 5)):
            entry = QueueEntry(name, client, priority, key=f"key {name}", digest="d")
            await store.add_search(searched(name, status="queued"), entry=entry)
    async with opened() as store:
        assert await store.queue_length() == 3
        assert await store.next_in_queue([], []) == QueueEntry("c", "ann", 5, key="key c", digest="d")
        turns = [await store.next_in_queue(*given) for given in ((["c"], []), (["c", "a"], []), (["c"], ["ann"]))]
        assert [each and each.search for each in turns] == ["a", "b", "b"]
        assert await store.next_in_queue([], ["ann", "bob"]) is None
        assert await store.queue_entry_by_key("ann", "key a") == await store.queue_entry("a")
        assert await store.queue_entry_by_key("bob", "key a") is None
        assert {*await store.queue_entries(["a", "c", "none"])} == {"a", "c"}
        assert sorted(await store.searches_of("ann")) == ["a", "c"]


async def test_what_leaves_the_queue_is_done_until_it_is_put_back(opened: Opener) -> None:
    async with opened() as store:
        await store.add_search(searched("a", status="queued"), entry=QueueEntry("a", "ann", key="k", digest="d"))
        await store.postpone("a", 60)
        assert (await store.search("a")).status == "queued"
        assert await store.next_in_queue([], []) is None
        assert (await store.queue_length(), (await store.queue_entry("a") or QueueEntry("", "")).tries) == (1, 1)
        await store.leave_queue("a", status="interrupted", reason="no luck")
        assert (await store.search("a")).status == "interrupted"
        assert await store.queue_length() == 0
        await store.enqueue(QueueEntry("a", "somebody else", 3), config=SMALL)
        assert await store.next_in_queue([], []) == QueueEntry("a", "ann", 3, key="k", digest="d")
        row = await store.search("a")
        assert (row.status, row.config) == ("queued", SMALL)
        await store.update_search("a", status="cancelled")
        assert (await store.next_in_queue([], []), await store.queue_length()) == (None, 0)
        await store.add_search(a_search("never queued"))
        await store.leave_queue("never queued", status="cancelled")
        assert (await store.search("never queued")).status == "cancelled"


async def test_a_search_in_the_queue_is_cancelled_or_is_what_it_was(opened: Opener) -> None:
    async with opened() as store:
        for name in ("new", "over"):
            await store.add_search(a_search(name))
        await store.update_search("over", status="finished", finished_at=1.0, reason="budget: calls", winner="0")
        for name in ("new", "over"):
            await store.enqueue(QueueEntry(name, "ann"))
            assert (await store.search(name)).status == "queued"
            assert await cancel(store, name)
        assert (await store.search("new")).status == "cancelled"
        over = await store.search("over")
        assert (over.status, over.winner, over.out_of_budget) == ("finished", "0", True)
        assert await store.queue_length() == 0


async def test_tokens_stay_when_they_are_revoked(opened: Opener) -> None:
    token = Token(id="t1", client="ann", hash="h1", created_at=2.0, limits=ClientLimits(calls=3))
    async with opened() as store:
        await store.add_token(token)
        await store.add_token(Token(id="t0", client="bob", hash="h0", created_at=1.0))
        assert not await store.revoke_token("t7", 5.0)
        assert await store.revoke_token("t1", 5.0)
        assert not await store.revoke_token("t1", 6.0)
    async with opened() as store:
        bobs, anns = await store.tokens()
        assert (bobs.id, bobs.revoked_at) == ("t0", None)
        assert anns == token.model_copy(update={"revoked_at": 5.0})


async def test_bench_records_are_kept_by_search(opened: Opener) -> None:
    async with opened() as store:
        for search, problem in (("b", "2"), ("a", "1")):
            await store.keep_bench_record(BenchRun(search, "data", problem, "orps", "real", 0), Answer(value=0))
        await store.keep_bench_record(BenchRun("a", "data", "1", "orps", "real", 0), Answer(value=7))
    async with opened() as store:
        records = await store.bench_records(Answer)
        assert [*records.items()] == [("a", Answer(value=7)), ("b", Answer(value=0))]
        assert await store.bench_records(Answer, ["b", "none"]) == {"b": Answer(value=0)}


async def test_garbage_goes_with_all_that_is_about_it(opened: Opener) -> None:
    async with opened() as store:
        for name, status in (("old", "finished"), ("live", "running"), ("new", "finished")):
            await store.add_search(a_search(name))
            await store.add_candidates(name, [FULL])
            await store.update_candidate(name, "1.0", dict(FULL))
            store.record(RoundStarted(search=name, round=0, candidates=1))
            await (await store.journal(name)).call(Effect(name, "1.0", "reason"), HELLO, ask, model="m")
            await store.enqueue(QueueEntry(name, "ann"))
            at: Any = {"finished_at": 1.0 if name == "old" else time.time()} if status == "finished" else {}
            await store.leave_queue(name, status=status, **at)
        await store.keep_bench_record(BenchRun("old", "data", "1", "orps", "real", 0), Answer(value=7))
        assert (await store.garbage()).searches == ()
        garbage = await store.garbage(older_than=time.time() - 60)
        assert garbage.searches == ("old",)
        assert garbage.text_bytes > 0
        await store.collect(garbage)
    async with opened() as store:
        assert not await store.has_search("old")
        assert (await store.calls("old"), await store.events("old"), await store.queue_entry("old")) == ([], [], None)
        assert [*await store.tree("old")] == []
        assert await store.bench_records(Answer, ["old"])
        assert len(await store.tree("new")) == len(await store.calls("live")) == 1


# A whole search.


async def test_a_search_that_is_stopped_goes_on_without_doing_anything_again(opened: Opener, tmp_path: Path) -> None:
    configured = settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))
    async with opened() as store, Agent(configured, store=store) as agent:
        first = await agent.solve(DOUBLE, SMALL, search="abcd")
        assert (await agent.archive.search("abcd")).status == "finished"
        document = await agent.archive.document("abcd", texts=True)
        assert {call.status for call in document.calls} == {"answered"}
        assert all(call.messages and call.reply for call in document.calls)
        replayed = await agent.archive.replay("abcd")
        assert (replayed.differences, replayed.missing) == ((), ())
    async with opened() as store, Agent(configured, store=store) as agent:
        await agent.store.update_search("abcd", status="interrupted")  # as if it had not come to write its end
        again = await agent.resume("abcd")
    assert first.solved
    assert again.winner == first.winner
    assert again.usage.reused_model_calls == again.usage.model_calls == first.usage.model_calls
