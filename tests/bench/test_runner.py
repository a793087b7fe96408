"""Run benchmarks with real searches, judged on the real tests, each done once however often it is run."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from orps_agent import Agent, SearchConfig
from orps_agent.bench import Record, summarise_records
from orps_agent.bench.analysis.measures import relative
from orps_agent.bench.datasets import Loaded, load_tasks, open_dataset
from orps_agent.bench.methods import known_methods, method_config
from orps_agent.bench.plan import Entry, Plan, Shard
from orps_agent.bench.record import STATIC
from orps_agent.bench.record_store import all_records
from orps_agent.bench.runner import Outcome, run_bench
from orps_agent.budget.account import Budget
from orps_agent.errors import SettingsError, UsageError
from orps_agent.settings.presets import PRESETS
from tests.support.samples import script, settings

COLUMNS = "task_id,instruction,completion,test_setup,test_list\n"
PROBLEMS = {
    "double": (
        "Write double(n).",
        "def double(n):\n    return 2 * n",
        ["assert double(2) == 4", "assert double(5) == 10"],
    ),
    "square": (
        "Write square(n).",
        "def square(n):\n    return n * n",
        ["assert square(3) == 9", "assert square(1) == 1"],
    ),
}
RIGHT_OR_WRONG = {
    "role": "programmer",
    "replies": ["```python\ndef double(n):\n    return n + n\n```", "```python\ndef double(n):\n    return n + 2\n```"],
}
RULES = [RIGHT_OR_WRONG, {"role": "critic", "reply": "Hm.\nSCORE: 3"}]


def dataset(folder: Path, *, weak: bool = True) -> Loaded:
    """Write two problems; the weak tests are the first real one each."""
    for split, count in (("test", 2), ("dev", 1)):
        rows = [
            ",".join(
                f'"{field.replace(chr(34), chr(34) * 2)}"' for field in (name, words, gold, "", repr(tests[:count]))
            )
            for name, (words, gold, tests) in PROBLEMS.items()
        ]
        if split == "test" or weak:
            (folder / f"{split}.csv").write_text(COLUMNS + "\n".join(rows) + "\n")
    return load_tasks(open_dataset(folder))


def plan(methods: Sequence[str], **changed: object) -> Plan:
    base = SearchConfig(samples=2, rounds=2, beam=1)
    return Plan(methods=methods, base=base, programmer="scripted", critic="scripted", **changed)  # type: ignore[arg-type]


async def bench(
    folder: Path, entries: Sequence[Entry], rules: Sequence[dict[str, object]] = RULES, **limits: object
) -> tuple[Outcome, list[Record]]:
    told: list[Record] = []

    async def tell(record: Record) -> None:
        told.append(record)

    budget = Budget.model_validate(limits)
    async with Agent(settings(folder, model=script(folder, *rules)), budget=budget) as agent:
        return await run_bench(agent, entries, tell=tell), told


async def test_a_run_is_judged_on_the_real_tests_and_done_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    entries = plan(known_methods(["orps", "best-of-n", "gold"]), calls=8).entries([dataset(data)])
    outcome, told = await bench(tmp_path, entries)
    assert outcome.left == 0
    assert len(outcome.records) == len(told) == 6
    by_method = {(each.method, each.problem): each for each in outcome.records}
    gold = by_method["gold", "orps/double"]
    assert (gold.passed, gold.tests, gold.calls, gold.valid) == (2, 2, 0, True)
    assert gold.gold is not None
    assert {relative(gold, name) for name in STATIC} == {100}, (
        "what is measured without noise is as the gold solution's"
    )
    assert gold.gold.values.keys() > set(STATIC)
    assert all(relative(gold, name) is not None for name in gold.gold.values)
    sampled = by_method["best-of-n", "orps/double"]
    assert (sampled.regime, sampled.budget, sampled.calls) == ("weak", "8 calls", 8)
    assert len(sampled.samples) == 8
    # n + 2 passes the weak test double(2) == 4, and one of the two real ones; n + n passes both.
    assert {(each.visible, each.passed) for each in sampled.samples} == {(1.0, 1), (1.0, 2)}
    assert [each.calls for each in sampled.curve] == list(range(1, 9))
    assert sampled.curve[-1].passed == sampled.passed
    assert by_method["orps", "orps/square"].passed == 0
    assert by_method["orps", "orps/square"].calls <= 8
    again, told = await bench(tmp_path, entries)
    assert again.records == outcome.records
    assert {each.search for each in told} == {each.search for each in outcome.records}
    async with Agent(settings(tmp_path, model=script(tmp_path, *RULES))) as agent:
        assert len(await agent.archive.searches()) == 4
        stored = await all_records(agent.store)
        ran = await agent.store.reader.rows("SELECT count(*) AS runs FROM executions WHERE stage = 'bench'")
    assert sorted(map(repr, stored)) == sorted(map(repr, outcome.records))
    assert ran[0]["runs"] > 0
    assert "best-of-n" in summarise_records(stored).model_dump_json()


async def test_in_the_real_regime_the_search_sees_what_it_is_judged_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    entries = plan(["best-of-n"], calls=4, regime="real").entries([dataset(data)])
    outcome, _ = await bench(tmp_path, entries)
    double = next(each for each in outcome.records if each.problem == "orps/double")
    assert double.solved
    assert {(each.visible, each.passed) for each in double.samples} <= {(0.5, 1), (1.0, 2)}


async def test_what_the_limits_of_the_batch_ended_goes_on_with_the_next_run(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    entries = plan(["best-of-n"], calls=4).entries([dataset(data)])
    outcome, _ = await bench(tmp_path, entries, calls=5)
    assert sum(each.calls for each in outcome.records) == 5
    assert 1 <= sum(each.cut_short for each in outcome.records) <= 2
    notes = str(summarise_records(outcome.records).sections[0].groups[0].notes)
    assert "ended by the limits of the whole batch" in notes
    outcome, told = await bench(tmp_path, entries)
    assert [each.calls for each in outcome.records] == [4, 4]
    assert not any(each.cut_short for each in (*outcome.records, *told))


async def test_a_problem_that_no_test_could_be_written_for_is_lost_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    entries = plan(["best-of-n"], calls=4, regime="weak").entries([dataset(data, weak=False)])
    tester = {"role": "tester", "contains": "double", "reply": "```python\nassert double(2) == 4\n```"}
    rules = [tester, {"role": "tester", "reply": "There is nothing to test."}, *RULES]
    outcome, _ = await bench(tmp_path, entries, rules)
    assert outcome.left == 0
    double, square = outcome.records
    assert double.calls == 4
    assert (square.passed, square.valid, square.calls, square.samples) == (0, False, 2, ())
    assert "wrote none that can be used" in square.reason
    summarise_records(outcome.records)


def test_some_problems_can_be_named(tmp_path: Path) -> None:
    loaded = dataset(tmp_path)
    for name in ("orps/square", "square"):
        entries = plan(["cot", "orps"], only=frozenset({name})).entries([loaded])
        assert {entry.task.id for entry in entries} == {"orps/square"}
    with pytest.raises(SettingsError, match="no problem orps/cube; ids look like orps/"):
        plan(["cot"], only=frozenset({"orps/square", "orps/cube"})).entries([loaded])


def test_the_same_plan_names_the_same_searches_and_any_change_others(tmp_path: Path) -> None:
    loaded = dataset(tmp_path)
    first = [entry.search for entry in plan(["orps", "cot"], seeds=(0, 1)).entries([loaded])]
    assert first == [entry.search for entry in plan(["orps", "cot"], seeds=(0, 1)).entries([loaded])]
    assert len(set(first)) == 8
    assert not set(first) & {entry.search for entry in plan(["orps", "cot"], seeds=(0, 1), calls=6).entries([loaded])}
    other = plan(["orps", "cot"], seeds=(0, 1), regime="real").entries([loaded])
    assert not set(first) & {entry.search for entry in other}


def test_shards_share_the_problems_without_rest(tmp_path: Path) -> None:
    loaded = dataset(tmp_path)
    whole = {entry.search for entry in plan(["cot"]).entries([loaded])}
    parts = [{entry.search for entry in plan(["cot"], shard=Shard(n, 2)).entries([loaded])} for n in (1, 2)]
    assert parts[0] | parts[1] == whole
    assert not parts[0] & parts[1]
    for wrong in ("0/2", "3/2", "1", "a/b"):
        with pytest.raises(UsageError, match="from 1 to n"):
            Shard.parse(wrong)


@pytest.mark.parametrize("calls", [1, 2, 5, 20, 100])
@pytest.mark.parametrize("method", list(PRESETS))
def test_numbers_keep_within_the_calls(method: str, calls: int) -> None:
    from orps_agent.strategies import strategy_of

    config = method_config(method, SearchConfig(), calls)
    strategy = strategy_of(config, ["generic"])
    each = 2 if config.process_reward else 1
    asked = strategy.at_most(strategy.start())
    assert asked == 1 or asked * each <= calls
    assert asked * each * 3 > calls or method == "cot"
    assert config.budget.calls == calls


def test_what_cannot_be_benched_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no method 'orp'"):
        known_methods(["orp"])
    loaded = dataset(tmp_path, weak=False)
    programs = Loaded("io", tuple(task.model_copy(update={"entry_points": ()}) for task in loaded.tasks))
    with pytest.raises(SettingsError, match="no weak tests"):
        plan(["cot"], regime="weak").entries([programs])
    assert json.loads(plan(["cot"]).entries([loaded])[0].config.model_dump_json())["strategy"] == "cot"
