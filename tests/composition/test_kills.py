"""A killed parent graph goes on with its search when it is started again, and no stored reply is asked for twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.kills import CALLS, rules
from tests.processes import seeds, server, stored, wait_for


def parent(folder: Path, url: str) -> list[str]:
    return [sys.executable, "-m", "tests.composition.parent", str(folder), url]


def test_a_killed_parent_goes_on_with_its_search(tmp_path: Path) -> None:
    known: list[tuple[int, set[int]]] = []
    with server(tmp_path, *rules()) as (url, log):
        for requests in (4, 12):
            with subprocess.Popen(parent(tmp_path, url)) as process:
                wait_for(log, requests)
                process.kill()
            known.append((len(seeds(log)), stored(tmp_path)))
        ended = subprocess.run(parent(tmp_path, url), capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        asked = seeds(log)
    found = json.loads(ended.stdout)
    assert (found["solved"], found["planned"]) == (True, ["once"])
    assert [bool(replies) for _, replies in known] == [True, True]
    for count, replies in known:
        assert not replies & set(asked[count:])
    assert len(set(asked)) == CALLS == len(stored(tmp_path))
