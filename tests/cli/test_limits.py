"""Test budgets on the command line: a forecast spends nothing, a killed search keeps to its budget."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import SEARCH, TASK, orps_in_process
from tests.support.processes import begin, orps, seeds, server, wait_for
from tests.support.samples import FIRST_HALF_THEN_RIGHT, HALF, script


def test_a_dry_run_asks_nothing_and_stores_nothing(tmp_path: Path) -> None:
    with server(tmp_path, *FIRST_HALF_THEN_RIGHT) as (url, log):
        arguments = ("solve", *SEARCH, "--model", "served", "--base-url", url)
        shown = orps(tmp_path, *arguments, "--dry-run", "--max-calls", "5")
        told = json.loads(orps(tmp_path, *arguments, "--dry-run", "--json").stdout)
        assert seeds(log) == []
        assert not (tmp_path / "orps.db").exists()
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "the budget ends it before: 5 model calls" in shown.stdout
        assert shown.stdout.count("served is unknown") == 1
        assert (told["unpriced"], told["likely"]["cost"]) == (["served"], None)
        done = json.loads(orps(tmp_path, *arguments, "--json").stdout)
    assert (done["candidates"], done["usage"]["model_calls"]) == (told["likely"]["candidates"], told["likely"]["calls"])
    assert done["usage"]["cost"] is None


def test_a_dry_run_needs_neither_key_nor_model_file(tmp_path: Path) -> None:
    priced = orps(tmp_path, "solve", *TASK, "--model", "gpt-4.1-mini", "--dry-run")
    embedded = orps(tmp_path, "solve", *TASK, "--dry-run")
    assert (priced.returncode, embedded.returncode) == (0, 0), priced.stderr + embedded.stderr
    assert "$0.00" in embedded.stdout


def test_a_search_that_its_budget_ended_says_so_and_goes_on_with_a_larger_one(tmp_path: Path) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    ended = orps(tmp_path, "solve", *SEARCH, "--model", model, "--max-calls", "4")
    assert ended.returncode == 1
    assert "Ended: budget: 4 model calls." in ended.stdout
    assert "orps resume" in ended.stdout
    assert "no unfinished search" in orps(tmp_path, "resume", "--last").stderr
    more = orps(tmp_path, "resume", "--last", "--max-calls", "100", "--json")
    assert more.returncode == 0, more.stderr
    told = json.loads(more.stdout)
    assert (told["reason"], told["usage"]["model_calls"], told["usage"]["reused_model_calls"]) == ("rounds", 12, 4)


def test_a_search_that_was_killed_keeps_to_its_budget_over_both_runs(tmp_path: Path) -> None:
    slow = {"role": "programmer", "contains": "# Execution", "reply": HALF, "delay": 0.5}
    with server(tmp_path, slow, *FIRST_HALF_THEN_RIGHT) as (url, log):
        arguments = ("solve", *SEARCH, "--model", "served", "--base-url", url, "--max-calls", "10")
        with begin(tmp_path, *arguments) as run:
            wait_for(log, 8)
            run.kill()
        resumed = orps(tmp_path, "resume", "--last", "--base-url", url, "--json")
        told = json.loads(resumed.stdout)
        assert told["reason"] == "budget: 10 model calls"
        assert told["winner"] is not None
        assert len(seeds(log)) <= 10


@pytest.fixture(scope="module", name="served")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    with server(tmp_path_factory.mktemp("served"), *FIRST_HALF_THEN_RIGHT) as served:
        yield served


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--max-calls", "0"), "budget.calls: Input should be greater than 0"),
        (("--max-time", "-1"), "budget.seconds: Input should be greater than 0"),
        (("--max-cost", "nan"), "budget.cost: Input should be a finite number"),
        (("--set", "budget.money=3"), "budget.calls, budget.tokens"),
        (("--max-cost", "1"), 'prices."served"'),
    ],
)
def test_a_bad_limit_is_one_line_before_anything_is_spent(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    served: tuple[str, Path],
    arguments: tuple[str, ...],
    complaint: str,
) -> None:
    url, log = served
    task = ("solve", *SEARCH, "--model", "served", "--base-url", url, "--db", str(tmp_path / "orps.db"))
    code, error = orps_in_process(monkeypatch, capsys, *task, *arguments)
    assert seeds(log) == []
    assert code == 2
    assert complaint in error
    assert error.count("\n") == 1


def test_a_bad_limit_in_the_environment_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORPS_SEARCH__BUDGET__CALLS", "0")
    refused = orps(tmp_path, "solve", *SEARCH, "--dry-run")
    assert refused.stderr.startswith("error: ORPS_SEARCH__BUDGET__CALLS: ")
