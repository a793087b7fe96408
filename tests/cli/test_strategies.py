"""Choose strategies and ablations on the command line."""

import json
from pathlib import Path

from rich.console import Console

from orps_agent.cli.live import LiveView
from orps_agent.domain.events import RoundClosed, RoundStarted, SearchStarted
from orps_agent.settings.presets import PRESETS
from tests.support.processes import orps
from tests.support.samples import FIRST_HALF_THEN_RIGHT, script

TASK = ("Write double(n): twice n.", "--test", "double(2) == 4", "--test", "double(5) == 10", "-n", "2", "-r", "2")


def test_a_search_is_made_shown_and_replayed_with_the_strategy_that_is_named(tmp_path: Path) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    done = orps(tmp_path, "solve", *TASK, "--strategy", "dars", "--model", model)
    assert done.returncode == 0, done.stderr
    assert "round 3 closed" in done.stderr
    assert ", dars, model" in orps(tmp_path, "show").stdout
    search = json.loads(orps(tmp_path, "show", "--json").stdout)["result"]["search"]
    again = orps(tmp_path, "replay", search)
    assert "bit for bit" in again.stdout
    other = json.loads(orps(tmp_path, "replay", search, "--strategy", "cot", "--json").stdout)
    assert (other["exact"], len(other["candidates"]), other["missing"]) == (False, 1, [])


def test_a_strategy_that_there_is_not_is_refused_with_the_names_of_those_that_there_are(tmp_path: Path) -> None:
    done = orps(tmp_path, "solve", *TASK, "--strategy", "greedy", "--model", "scripted:none.yaml")
    assert done.returncode == 2
    for words in ("strategy: ", "'greedy'", *PRESETS):
        assert words in done.stderr
    blind = orps(tmp_path, "solve", *TASK, "--set", "execution_feedback=false", "--set", "process_reward=false")
    assert (blind.returncode, "orders by ρ" in blind.stderr) == (2, True)


def test_a_dry_run_forecasts_the_strategy(tmp_path: Path) -> None:
    found = {}
    for name in ("rro", "cot"):
        done = orps(tmp_path, "solve", *TASK, "--strategy", name, "--dry-run", "--json", "--model", "made-up")
        cases = json.loads(done.stdout)
        found[name] = [cases[case]["candidates"] for case in ("low", "likely", "high")]
    assert found == {"rro": [1, 2, 4], "cot": [1, 1, 1]}


def test_the_live_view_shows_the_latest_of_many_rounds() -> None:
    view = LiveView()
    view.handle(SearchStarted(search="abcd", problem="double", resumed=False, at_most=40))
    for number in range(40):
        view.handle(RoundStarted(search="abcd", round=number, candidates=1))
        view.handle(RoundClosed(search="abcd", round=number, beam=()))
    console = Console(width=100)
    with console.capture() as shown:
        console.print(view._render())
    lines = shown.get().splitlines()
    assert "round 39" in shown.get()
    assert len(lines) < 24
