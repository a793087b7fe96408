"""Kill a parent graph: started again, it continues its search and asks for no stored reply twice."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.kills import CALLS, rules
from tests.support.processes import seeds, server, stored, wait_for
from tests.support.runs import Run


def parent(folder: Path, url: str) -> Run:
    return Run("python", "-m", "tests.support.parent_graph", str(folder), url)


def test_a_killed_parent_goes_on_with_its_search(tmp_path: Path) -> None:
    known: list[tuple[int, set[int]]] = []
    with server(tmp_path, *rules()) as (url, log):
        for requests in (4, 12):
            with parent(tmp_path, url):
                wait_for(log, requests)
            known.append((len(seeds(log)), stored(tmp_path)))
        with parent(tmp_path, url) as ended:
            ended.wait()
        assert ended.returncode == 0, ended.stderr
        asked = seeds(log)
    found = json.loads(ended.stdout)
    assert (found["solved"], found["planned"]) == (True, ["once"])
    assert [bool(replies) for _, replies in known] == [True, True]
    for count, replies in known:
        assert not replies & set(asked[count:])
    assert len(set(asked)) == CALLS == len(stored(tmp_path))
