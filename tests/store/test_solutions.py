"""Store solutions in the columns that a candidate had when a solution was a bare text."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orps_agent.domain.artifact import Program
from orps_agent.domain.candidate import Candidate
from orps_agent.store import SqliteStore
from tests.support.samples import a_search

ROW = "INSERT INTO candidates (search, id, round, hint, status, code, written) VALUES (?, '0', 0, 'h', 'open', ?, ?)"


@pytest.mark.parametrize("code", ["def f(): ...", "", None])
async def test_a_row_of_an_older_version_opens(tmp_path: Path, code: str | None) -> None:
    row = a_search()
    async with SqliteStore(tmp_path / "orps.db") as store:
        await store.add_search(row)
    with closing(sqlite3.connect(tmp_path / "orps.db")) as connection:
        connection.execute(ROW, (row.id, code, bool(code)))
        connection.commit()
    async with SqliteStore(tmp_path / "orps.db") as store:
        (found,) = await store.tree(row.id)
        (outline,) = await store.outline(row.id)
    assert found.solution == (None if code is None else Program(code))
    assert outline.written == found.outline.written == bool(code)


@pytest.mark.parametrize("solution", [Program("def f(): ..."), Program(""), None])
async def test_a_solution_is_stored_as_its_source(tmp_path: Path, solution: Program | None) -> None:
    row = a_search()
    async with SqliteStore(tmp_path / "orps.db") as store:
        await store.add_search(row)
        await store.add_candidates(row.id, [Candidate(id="0", round=0, hint="h")])
        await store.update_candidate(row.id, "0", {"solution": solution})
        assert (await store.candidate(row.id, "0")).solution == solution
    with closing(sqlite3.connect(tmp_path / "orps.db")) as connection:
        stored = connection.execute("SELECT code, written FROM candidates").fetchone()
    assert stored == (None if solution is None else solution.source, bool(solution))
