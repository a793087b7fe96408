"""Kill searches with SIGKILL at many moments, and count what was lost and what was paid for twice.

    python -m perf.kills 200

The searches, the moments and the proofs are those of tests/support/kills.py; the processes are forks of a warm one.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from itertools import chain
from pathlib import Path

from tests.support.kills import carry_out, plan, uninterrupted


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outcomes = carry_out(plan(kills, random.Random(seed)), Path(folder), seed)
        whole = Path(folder) / "whole"
        whole.mkdir()
        expected = uninterrupted(whole)
    stages = Counter(chain(*chain(*(each.stages for each in outcomes))))
    done, seconds = sum(each.kills for each in outcomes), time.monotonic() - started
    print(f"{done} kills of {len(outcomes)} searches in {seconds:.0f} s")
    print("in flight when killed: " + ", ".join(f"{stage} {count}" for stage, count in stages.most_common()))
    print(f"calls repeated after their reply was stored: {sum(each.repeated for each in outcomes)}")
    print(f"calls repeated because the kill came before their reply: {sum(each.unknown for each in outcomes)}")
    print(f"files that SQLite finds damaged: {sum(each.damaged for each in outcomes)}")
    print(f"trees that differ from an uninterrupted search's: {sum(each.tree != expected for each in outcomes)}")


if __name__ == "__main__":
    main()
