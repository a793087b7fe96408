"""Kill a process 30 times, at every stage: it loses nothing that was stored and asks for none of it again.

`python -m perf.kills` does the same at 200.
"""

from __future__ import annotations

import random
from itertools import chain
from pathlib import Path

from tests.support.kills import STAGES, carry_out, plan, uninterrupted

SEED = 20261124


def test_thirty_kills_repeat_no_stored_call_and_change_nothing_of_the_tree(tmp_path: Path) -> None:
    # Selecting takes a few milliseconds, which a kill may miss: two more searches are killed just there.
    plans = [*plan(28, random.Random(SEED)), *[[(1, "select")]] * 2]
    (tmp_path / "whole").mkdir()
    outcomes = carry_out(plans, tmp_path, SEED)
    expected = uninterrupted(tmp_path / "whole")
    assert sum(each.kills for each in outcomes) == 30
    assert sum(each.repeated for each in outcomes) == 0
    assert sum(each.damaged for each in outcomes) == 0
    assert {*chain(*chain(*(each.stages for each in outcomes)))} >= {*STAGES, "select"}
    for each in outcomes:
        assert each.tree == expected
