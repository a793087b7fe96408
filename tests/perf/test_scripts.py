"""Start every measuring script, and run the small ones at their smallest; nothing is measured."""

from importlib import import_module
from pathlib import Path

import pytest

from orps_agent.bench.datasets import Task
from perf import crowd, executor, hacks, store
from tests.support import ROOT
from tests.support.samples import DOUBLE

TASK = Task(
    id="double",
    statement=DOUBLE.statement,
    entry_points=DOUBLE.entry_points,
    real=DOUBLE.tests,
    gold="def double(n):\n    return n + n\n",
)


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "perf").glob("*.py")))
def test_every_script_finds_what_it_imports(name: str) -> None:
    assert import_module(f"perf.{name}").__doc__


async def test_the_size_of_a_made_up_search_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(store, "SIZES", (1,))
    await store.size()
    assert int(capsys.readouterr().out.splitlines()[1].split()[0]) >= 5


@pytest.mark.parametrize("in_memory", [False, True])
async def test_a_made_up_search_runs_on_both_stores(in_memory: bool) -> None:
    taken = await crowd.run(1, in_memory=in_memory, bare=True)
    assert taken.wall > 0


async def test_gold_solutions_and_hostile_ones_are_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hack = tmp_path / "nothing.py"
    hack.write_text("def double(n):\n    return None\n")
    assert executor.run_reference(TASK, 0)
    await executor.gold([TASK], 1)
    await executor.soak([TASK], 1, 2)
    await hacks.main([TASK], [hack])
    told = capsys.readouterr().out
    assert "tests by trust: {'split': 2}" in told
    assert "passed 0/2" in told
    assert "next ok" in told
