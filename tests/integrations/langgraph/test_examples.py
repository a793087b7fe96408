"""Run the examples of composition unchanged, as programs, on the scripted model."""

import sqlite3
from pathlib import Path

from tests.support import ROOT
from tests.support.runs import Run
from tests.support.samples import FIRST_HALF_THEN_RIGHT, HALF, WRONG, script

EXAMPLES = ROOT / "examples"

STUBS = '''
def double(n):
    """Twice n.

    >>> double(2)
    4
    >>> double(5)
    10
    """


def is_even(n):
    """Whether n is a multiple of two.

    >>> is_even(4)
    True
    >>> is_even(5)
    False
    """
'''


def run(folder: Path, name: str, model: str, *arguments: str) -> str:
    environment = {"ORPS_MODEL": model, "ORPS_DB": str(folder / "orps.db")}
    environment |= {"ORPS_SEARCH__SAMPLES": "3", "ORPS_SEARCH__ROUNDS": "2", "ORPS_SEARCH__BEAM": "1"}
    with Run("python", str(EXAMPLES / name), *arguments, environment=environment) as done:
        done.wait()
    assert done.returncode == 0, done.stderr
    return done.stdout


def statuses(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "orps.db") as connection:
        found = [status for (status,) in connection.execute("SELECT status FROM searches")]
    connection.close()
    return found


def test_a_planner_solves_the_functions_of_a_module_and_assembles_them(tmp_path: Path) -> None:
    even = "```python\ndef is_even(n):\n    return n % 2 == 0\n```"
    model = script(tmp_path, {"role": "programmer", "contains": "def is_even", "reply": even}, *FIRST_HALF_THEN_RIGHT)
    (tmp_path / "stubs.py").write_text(STUBS)
    module = run(tmp_path, "planner.py", model, str(tmp_path / "stubs.py"))
    assert module.index("def double") < module.index("def is_even")
    names: dict[str, object] = {}
    exec(module, names)
    double, is_even = names["double"], names["is_even"]
    assert callable(double)
    assert callable(is_even)
    assert (double(21), is_even(3)) == (42, False)
    assert statuses(tmp_path) == ["finished", "finished"]


def test_a_supervisor_takes_what_the_reviewer_found_best(tmp_path: Path) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    told = run(tmp_path, "supervisor.py", model, "Write double(n): twice n.", "double(2) == 4", "double(5) == 10")
    # The broad worker has one round only, and the first round is never right.
    assert "return n + n" in told
    assert "1 of 2 searches solved it" in told


def test_a_supervisor_sends_the_workers_back_once(tmp_path: Path) -> None:
    model = script(tmp_path, {"role": "programmer", "replies": [HALF, WRONG]})
    told = run(tmp_path, "supervisor.py", model, "Write double(n): twice n.", "double(2) == 4", "double(5) == 10")
    assert "0 of 4 searches solved it. Not solved." in told
    assert statuses(tmp_path) == ["finished"] * 4
