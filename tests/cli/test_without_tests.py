"""Run `orps solve "words"` without a test, as a user sees it and through a kill."""

import json
from pathlib import Path

from orps_agent.graphs.model_calls import seed_of
from orps_agent.store import Effect
from tests.support.processes import begin, orps, seeds, server, stored, wait_for
from tests.support.samples import RIGHT, script

TASK = ("Write double(n): twice n.", "-n", "2", "-r", "1")
TESTER = {"role": "tester", "reply": "assert double(2) == 4\nassert double(3) == 7"}
PROGRAMMER = {"role": "programmer", "reply": RIGHT}


def test_a_model_writes_the_tests_and_the_report_says_which_to_trust(tmp_path: Path) -> None:
    model = script(tmp_path, TESTER, PROGRAMMER)
    done = orps(tmp_path, "solve", *TASK, "--model", model)
    assert done.returncode == 1, "a written test fails, even if it is not to be trusted"
    assert "wrote 2 tests, as the problem has none" in done.stderr
    for shown in (done.stdout, orps(tmp_path, "show").stdout):
        assert "A model wrote the tests; by agreement of the solutions they are:" in shown
        assert "  trusted  assert double(2) == 4" in shown
        assert "  doubtful assert double(3) == 7" in shown
        assert "the same ones as one other: the only agreement there is" in " ".join(shown.split())
    found = json.loads(orps(tmp_path, "show", "--json").stdout)["result"]
    assert found["agreement"] == {"tests": ["1"], "solutions": ["0", "1"], "rivals": 0}
    assert found["written"]["tests"][1]["code"] == "assert double(3) == 7"
    assert "bit for bit" in orps(tmp_path, "replay", found["search"]).stdout
    ordered = orps(tmp_path, "solve", *TASK, "--model", model, "--set", "selector=order")
    assert "  assert double(3) == 7" in ordered.stdout
    assert "doubtful" not in ordered.stdout


def test_where_nobody_says_what_to_write_nothing_is_asked(tmp_path: Path) -> None:
    model = script(tmp_path, {"role": "tester", "fail": "endpoint"}, PROGRAMMER)
    done = orps(tmp_path, "solve", "Write something.", "--model", model)
    assert done.returncode == 2
    assert "has no tests; add at least one" in done.stderr
    assert "as in `f(n)` in the statement" in done.stderr
    assert "Traceback" not in done.stderr
    named = orps(tmp_path, "solve", "Write something.", "--entry-point", "double", "--dry-run", "--model", model)
    assert named.returncode == 0, named.stderr
    file = tmp_path / "p.toml"
    file.write_text("statement = 'Write double(n).'")
    mixed = orps(tmp_path, "solve", str(file), "--entry-point", "double", "--model", model)
    assert (mixed.returncode, "require a task in words" in mixed.stderr) == (2, True)


def test_a_tester_without_a_test_ends_in_one_line_and_can_be_resumed(tmp_path: Path) -> None:
    model = script(tmp_path, {"role": "tester", "reply": "no"}, PROGRAMMER)
    done = orps(tmp_path, "solve", *TASK, "--model", model)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    script(tmp_path, TESTER, PROGRAMMER)
    again = orps(tmp_path, "resume", "--last")
    assert "  trusted  assert double(2) == 4" in again.stdout


def test_after_a_kill_the_tester_is_not_asked_again(tmp_path: Path) -> None:
    slow = PROGRAMMER | {"delay": 0.5}
    with server(tmp_path, TESTER, slow) as (url, log):
        arguments = ("solve", *TASK, "--seed", "7", "--model", "served", "--base-url", url)
        with begin(tmp_path, *arguments) as run:
            wait_for(log, 2)  # the tester, and the first programmer
            run.kill()
        kept = stored(tmp_path)
        again = orps(tmp_path, "resume", "--last", "--base-url", url)
        asked = seeds(log)
    tester = seed_of(7, Effect("any", "0", "tests"))
    assert kept == {tester}
    assert asked.count(tester) == 1
    assert "  trusted  assert double(2) == 4" in again.stdout, again.stderr
