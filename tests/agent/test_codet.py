"""Test searches for problems without tests: a model writes the tests, and agreement chooses among them."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from orps_agent import Agent, Archive, Problem, SearchConfig, SearchResult, TestSuite
from orps_agent.budget.account import Budget
from orps_agent.domain.candidate import Tree
from orps_agent.domain.events import AnyEvent, CallFinished, SearchFinished, TestsWritten
from orps_agent.errors import EndpointError, NoUsableTest, ProblemError, SearchInterrupted
from orps_agent.graphs.model_calls import seed_of
from orps_agent.settings import changed
from orps_agent.store import Effect
from tests.support.samples import DOUBLE, RIGHT, SMALL, script, settings

UNTESTED = DOUBLE.model_copy(update={"tests": TestSuite(), "held_back": None})
WRITTEN = """
```python
assert double(2) == 4
assert double(3) == 7
assert double(5) == 10
assert double(0) == 0
```"""
"""The second one is wrong."""
TESTER = {"role": "tester", "reply": WRITTEN}
SEVEN = "Odd.\n```python\ndef double(n):\n    return 2 * n + (n == 3) - (n == 5)\n```"
"""Passes as many of them as the right solution does, the wrong one and the wrong solution confirming each other."""
FOOLED = "As the tests say.\n```python\ndef double(n):\n    return 2 * n + (n == 3)\n```"
"""Passes all of them."""
HINTED = (
    {"role": "programmer", "hint": "does the least work", "reply": SEVEN},
    {"role": "programmer", "reply": RIGHT},
)
CRITIC = {"role": "critic", "reply": "SCORE: 3"}


async def search(folder: Path, *rules: dict[str, object], **config: object) -> tuple[SearchResult, Tree]:
    model = script(folder, *rules, critic=[CRITIC])
    async with Agent(settings(folder, model=model)) as agent:
        result = await agent.solve(UNTESTED, changed(SMALL, config))
        return result, await agent.store.tree(result.search)


def passed(tree: Tree) -> dict[str, str]:
    reports = {each.id: each.report for each in tree}
    return {name: "".join(r.name for r in report.results if r.passed) for name, report in reports.items() if report}


def rows(folder: Path, query: str) -> Sequence[tuple[object, ...]]:
    with sqlite3.connect(folder / "orps.db") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


async def stopped_when_the_tests_are_written(agent: Agent) -> None:
    async with agent.stream(UNTESTED, SMALL) as events:
        async for event in events:
            if isinstance(event, TestsWritten):
                agent.stop()


async def test_a_wrong_written_test_is_outvoted(tmp_path: Path) -> None:
    # Which hint comes first does not matter: two of three candidates are right.
    rules = ({"role": "programmer", "hint": "Strategy", "replies": [SEVEN, RIGHT]},)
    for seed in range(20):
        result, tree = await search(tmp_path, TESTER, *rules, samples=5, rounds=1, seed=seed)
        found = list(passed(tree).values())
        assert set(found) <= {"124", "134"}
        # 3 * sqrt(k): the larger camp wins, whatever the times are.
        if found.count("134") > found.count("124") > 0:
            break
    assert result.agreement is not None
    assert result.agreement.tests == ("1", "3", "4")
    assert result.agreement.rivals == 1
    assert len(result.agreement.solutions) == found.count("134")
    assert result.code == "def double(n):\n    return n + n\n"
    assert result.written is not None
    assert [each.name for each in result.written.tests] == ["1", "2", "3", "4"]
    assert f"the same ones as {found.count('134') - 1} other" in result.why
    assert "a stronger agreement (3 * √" in result.why
    assert not result.solved, "it fails a test, if only one that is not to be trusted"


@pytest.mark.parametrize("strategy", ["orps", "cot", "best-of-n", "reflexion", "mcts", "rro", "dars", "aide"])
async def test_every_strategy_searches_on_written_tests(tmp_path: Path, strategy: str) -> None:
    config = {"strategy": strategy, "samples": 2, "rounds": 2}
    result, tree = await search(tmp_path, TESTER, {"role": "programmer", "reply": RIGHT}, **config)
    assert set(passed(tree).values()) == {"134"}
    assert result.agreement is not None
    assert result.agreement.solutions == tuple(each.id for each in tree)
    assert result.usage.model_calls == 2 * len(tree) + 1


@pytest.mark.parametrize(
    ("rules", "samples", "rounds"),
    [
        # Two that agree say which tests to trust, though they fail the wrong one.
        (({"role": "programmer", "reply": RIGHT},), 2, 1),
        # One that passes all that a model wrote confirms nothing until another one does.
        (({"role": "programmer", "reply": FOOLED},), 1, 2),
        (({"role": "programmer", "reply": FOOLED},), 2, 1),
    ],
)
async def test_a_search_stops_at_a_solution_of_tests_that_are_to_be_trusted(
    tmp_path: Path, rules: tuple[dict[str, object], ...], samples: int, rounds: int
) -> None:
    result, tree = await search(tmp_path, TESTER, *rules, samples=samples, rounds=3, beam=1, stop_when_solved=True)
    assert result.reason == "solved"
    assert {each.round for each in tree} == set(range(rounds))


async def test_who_trusts_every_written_test_has_the_search_stop_at_the_first_that_passes_all(tmp_path: Path) -> None:
    rule = {"role": "programmer", "reply": FOOLED}
    config = {"samples": 1, "rounds": 3, "stop_when_solved": True, "selector": "order"}
    result, tree = await search(tmp_path, TESTER, rule, **config)
    assert (result.reason, len(list(tree))) == ("solved", 1)


async def test_the_selector_is_a_setting_and_composes_with_given_tests(tmp_path: Path) -> None:
    model = script(tmp_path, {"role": "programmer", "reply": RIGHT}, critic=[CRITIC])
    async with Agent(settings(tmp_path, model=model)) as agent:
        plain = await agent.solve(DOUBLE, SMALL)
        agreed = await agent.solve(DOUBLE, changed(SMALL, {"selector": "codet"}))
    assert (plain.agreement, plain.written, agreed.written) == (None, None, None)
    assert agreed.agreement is not None
    assert agreed.agreement.tests == ("1", "2")
    assert "the only agreement there is" in agreed.why
    ordered, _ = await search(tmp_path, TESTER, {"role": "programmer", "reply": RIGHT}, selector="order")
    assert ordered.agreement is None
    assert ordered.written is not None


async def test_the_tester_is_asked_once_before_anything_else_and_its_tests_are_the_problems(tmp_path: Path) -> None:
    model = script(tmp_path, TESTER, {"role": "programmer", "reply": RIGHT}, critic=[CRITIC])
    events: list[AnyEvent] = []
    async with Agent(settings(tmp_path, model=model)) as agent:
        async with agent.stream(UNTESTED, SMALL) as stream:
            events = [event async for event in stream]
        row = await agent.store.latest(unfinished=False)
        messages = await agent.store.messages(Effect(row.id, "0", "tests"))
        programmer = await agent.store.messages(Effect(row.id, "0", "reason"))
        document = await agent.archive.document(row.id)
    kinds = [event.kind for event in events]
    assert kinds[:5] == ["search_started", "call_started", "call_finished", "tests_written", "round_started"]
    assert [each.role for each in events if isinstance(each, CallFinished)].count("tester") == 1
    written = next(each for each in events if isinstance(each, TestsWritten))
    assert (written.model, written.reused, len(written.tests)) == (model, False, 4)
    assert (row.tests_by, len(row.problem.tests), row.problem.entry_points) == (model, 4, ("double",))
    assert "Write 10 tests." in messages[-1][1]
    assert "`double`" in messages[-1][1]
    assert "assert double(2) == 4" in programmer[-1][1]
    assert document.search.tests_by == model
    assert document.search.agreement is not None
    assert rows(tmp_path, "SELECT role, stage, attempt FROM model_calls WHERE stage = 'tests'") == [
        ("tester", "tests", 0)
    ]


async def test_held_back_tests_judge_what_was_found_on_written_ones(tmp_path: Path) -> None:
    model = script(tmp_path, TESTER, {"role": "programmer", "reply": RIGHT}, critic=[CRITIC])
    async with Agent(settings(tmp_path, model=model)) as agent:
        result = await agent.solve(UNTESTED.model_copy(update={"held_back": DOUBLE.held_back}), SMALL)
    assert result.verification is not None
    assert result.winner is not None
    assert (result.winner.solved, result.verification.all_passed, result.solved) == (False, True, True)


async def test_a_reply_without_a_test_gets_one_repair_turn(tmp_path: Path) -> None:
    rules = (
        {"role": "tester", "hint": "I could not find a test", "reply": WRITTEN},
        {"role": "tester", "reply": "It is twice as much."},
        {"role": "programmer", "reply": RIGHT},
    )
    result, _ = await search(tmp_path, *rules, written_tests=2)
    assert result.written is not None
    assert len(result.written) == 2
    assert rows(tmp_path, "SELECT attempt FROM model_calls WHERE stage = 'tests' ORDER BY attempt") == [(0,), (1,)]


async def test_without_a_usable_test_the_search_stops_and_a_resume_asks_anew(tmp_path: Path) -> None:
    useless = {"role": "tester", "reply": "assert True"}
    with pytest.raises(NoUsableTest, match=r"'double' has no tests, and .* wrote none that can be used: `orps resume"):
        await search(tmp_path, useless, {"role": "programmer", "reply": RIGHT})
    model = script(tmp_path, TESTER, {"role": "programmer", "reply": RIGHT}, critic=[CRITIC])
    async with Agent(settings(tmp_path, model=model)) as agent:
        row = await agent.store.latest(unfinished=True)
        assert (row.status, row.tests_by) == ("interrupted", None)
        assert (await agent.archive.replay(row.id)).candidates == ()
        result = await agent.resume(row.id)
        replay = await agent.archive.replay(row.id)
    assert result.written is not None
    assert rows(tmp_path, "SELECT attempt FROM model_calls WHERE stage = 'tests' ORDER BY attempt") == [
        (0,),
        (1,),
        (2,),
    ]
    assert (replay.differences, replay.missing) == ((), ())


async def test_a_tester_that_fails_stops_the_search_so_that_it_can_be_resumed(tmp_path: Path) -> None:
    for fault, kind in (("reply", NoUsableTest), ("endpoint", EndpointError)):
        with pytest.raises(kind, match="on purpose"):
            await search(tmp_path, {"role": "tester", "fail": fault}, {"role": "programmer", "reply": RIGHT})
        model = script(tmp_path, TESTER, {"role": "programmer", "reply": RIGHT}, critic=[CRITIC])
        async with Agent(settings(tmp_path, model=model)) as agent:
            row = await agent.store.latest(unfinished=True)
            assert (await agent.resume(row.id)).candidates == 6


async def test_a_resume_reads_the_tests_back(tmp_path: Path) -> None:
    model = script(tmp_path, TESTER, {"role": "programmer", "reply": RIGHT}, critic=[CRITIC])
    async with Agent(settings(tmp_path, model=model)) as agent:
        with pytest.raises(SearchInterrupted):
            await stopped_when_the_tests_are_written(agent)
        row = await agent.store.latest(unfinished=True)
    assert len(row.problem.tests) == 4
    # As if it had been killed between the reply and the row: nothing but the journal knows of the tests.
    with sqlite3.connect(tmp_path / "orps.db") as connection:
        bare = UNTESTED.model_dump_json(exclude_defaults=True)
        connection.execute("UPDATE searches SET problem = ?, tests_by = NULL", (bare,))
    connection.close()
    async with Agent(settings(tmp_path, model=script(tmp_path, *HINTED, critic=[CRITIC]))) as agent:
        async with agent.stream(row.id) as stream:
            told = [event async for event in stream]
        again = await agent.store.search(row.id)
        async with agent.stream(row.id) as stream:
            retold = [event async for event in stream]
    assert (again.problem, again.tests_by) == (row.problem, row.tests_by)
    assert [each.reused for each in told if isinstance(each, TestsWritten)] == [True]
    assert [each.reused for each in retold if isinstance(each, TestsWritten)] == [True]
    ended = told[-1]
    assert isinstance(ended, SearchFinished)
    assert ended.result.usage.reused_model_calls == 1
    assert ended.result.usage.model_calls == 13


async def test_replays_and_forks_know_the_written_tests(tmp_path: Path) -> None:
    before, tree = await search(tmp_path, TESTER, *HINTED)
    async with Archive(settings(tmp_path)) as archive:
        exact = await archive.replay(before.search)
        assert (exact.differences, exact.missing, exact.calls) == ((), (), before.usage.model_calls)
        assert exact.candidates == tuple(tree)
        other = await archive.replay(before.search, changes={"selector": "order"})
        assert (other.exact, other.missing) == (False, ())
        # A record of another reply is found out.
        changed_reply = json.dumps(["assert double(1) == 2"])
        with sqlite3.connect(tmp_path / "orps.db") as connection:
            connection.execute("UPDATE model_calls SET reply = ? WHERE stage = 'tests'", (changed_reply,))
        connection.close()
        assert "the written tests differ" in (await archive.replay(before.search)).differences
    async with Agent(settings(tmp_path)) as agent:
        fork = await agent.archive.fork(before.search, "0", changes={"rounds": 3})
        result = await agent.resume(fork.id)
        assert (await agent.archive.replay(fork.id)).differences == ()
        row = await agent.store.search(fork.id)
    assert result.written == before.written
    assert row.tests_by == row.programmer
    assert rows(tmp_path, f"SELECT count(*) FROM model_calls WHERE stage = 'tests' AND search = '{fork.id}'") == [(0,)]


@pytest.mark.parametrize(("calls", "tests", "candidates"), [(1, 4, 0), (2, 4, 3)])
async def test_the_tester_is_within_the_budget(tmp_path: Path, calls: int, tests: int, candidates: int) -> None:
    model = script(tmp_path, TESTER, {"role": "programmer", "reply": RIGHT}, critic=[CRITIC])
    async with Agent(settings(tmp_path, model=model)) as agent:
        result = await agent.solve(UNTESTED, changed(SMALL, {"budget.calls": calls}))
        assert result.reason.startswith("budget: ")
        assert result.written is not None
        assert (len(result.written), result.candidates) == (tests, candidates)
        assert (await agent.archive.replay(result.search)).differences == ()
        more = await agent.resume(result.search, budget=Budget())
    assert (more.reason, more.candidates, more.usage.model_calls) == ("rounds", 6, 13)


async def test_a_budget_without_room_for_tests_ends_the_search_and_a_larger_one_begins_it(tmp_path: Path) -> None:
    model = script(tmp_path, TESTER, {"role": "programmer", "reply": RIGHT}, critic=[CRITIC])
    async with Agent(settings(tmp_path, model=model)) as agent:
        result = await agent.solve(UNTESTED, changed(SMALL, {"budget.tokens": 100}))
        assert (result.winner, result.written, result.candidates) == (None, None, 0)
        assert result.reason.startswith("budget: ")
        assert (await agent.archive.replay(result.search)).differences == ()
        more = await agent.resume(result.search, budget=Budget())
    assert (more.candidates, more.usage.model_calls) == (6, 13)


async def test_the_tester_is_asked_in_its_own_way(tmp_path: Path) -> None:
    await search(
        tmp_path, TESTER, {"role": "programmer", "reply": RIGHT}, tester_temperature=0.8, tester_tokens=99, seed=3
    )
    ((told,),) = rows(tmp_path, "SELECT parameters FROM model_calls WHERE stage = 'tests'")
    parameters = json.loads(str(told))
    assert (parameters["temperature"], parameters["max_tokens"]) == (0.8, 99)
    assert parameters["seed"] == seed_of(3, Effect("any", "0", "tests"))
    assert SearchConfig().sampling("tester") == SearchConfig().sampling("programmer")


async def test_a_problem_made_by_hand_that_says_nothing_to_test_is_refused_before_anything_is_stored(
    tmp_path: Path,
) -> None:
    async with Agent(settings(tmp_path, model=script(tmp_path, TESTER))) as agent:
        with pytest.raises(ProblemError, match="problem 'f': has no tests"):
            await agent.solve(Problem(id="f", statement="Write f.", tests=TestSuite()))
        assert await agent.archive.searches() == []
