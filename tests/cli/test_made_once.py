"""Check that a command opens the database once, and makes a search's prompts once."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.command_line import SEARCH
from tests.support.samples import FIRST_HALF_THEN_RIGHT, script

_COUNTING = """
import atexit, json, sys
opened, made = [], []
sys.addaudithook(lambda name, given: opened.append(str(given[0])) if name == "sqlite3.connect" else None)
from orps_agent.prompts.messages import Prompts
begin = Prompts.__init__
def counted(self, *given):
    made.append(1)
    begin(self, *given)
Prompts.__init__ = counted
atexit.register(lambda: print(json.dumps([len(opened), len(made)]), file=sys.stderr))
from orps_agent.cli import app
app({arguments})
"""


def counted(folder: Path, *arguments: str) -> tuple[int, int]:
    """Count the connections to SQLite files that a command opens, and the sets of prompts that it makes."""
    code = _COUNTING.format(arguments=[*arguments, "--db", str(folder / "orps.db")])
    done = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    connections, prompts = json.loads(done.stderr.splitlines()[-1])
    return connections, prompts


def interrupt(folder: Path) -> str:
    """Make the stored search look as if it had been killed before it could say that it is finished; return its id."""
    with closing(sqlite3.connect(folder / "orps.db")) as connection, connection:
        connection.execute("UPDATE searches SET status = 'interrupted'")
        return str(connection.execute("SELECT id FROM searches").fetchone()[0])


@pytest.fixture
def solve(tmp_path: Path) -> list[str]:
    return ["solve", *SEARCH, "--model", script(tmp_path, *FIRST_HALF_THEN_RIGHT), "--quiet"]


def test_a_command_that_runs_a_search_opens_the_database_once(tmp_path: Path, solve: list[str]) -> None:
    begun = counted(tmp_path, *solve)
    connections, _ = counted(tmp_path, "list")
    assert begun == (connections, 1)
    for command in (["resume", "--last", "--quiet"], ["resume", interrupt(tmp_path), "--quiet"], solve):
        interrupt(tmp_path)
        assert counted(tmp_path, *command) == (connections, 1), command
    at = [interrupt(tmp_path), "--at", "0", "--set", "seed=5", "--set", "rounds=3"]
    assert counted(tmp_path, "fork", *at, "--quiet") == (connections, 1)
