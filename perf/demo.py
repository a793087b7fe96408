"""Measure how often the demo's searches solve problems that the first sample did not, seed by seed.

python perf/demo.py 10
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import anyio

from orps_agent.cli.demo import demo_config, search_all
from orps_agent.settings import load_settings


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    gained_in = 0
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(model="embedded", db=Path(folder) / "orps.db")
        for seed in range(seeds):
            started = time.monotonic()
            results = anyio.run(search_all, settings, demo_config(seed))
            gained = [each.problem for each in results if each.solved and not (each.first and each.first.solved)]
            gained_in += bool(gained)
            print(
                f"seed {seed}: {time.monotonic() - started:.0f} s, gained {', '.join(gained) or 'nothing'}", flush=True
            )
    print(f"a gain in {gained_in} of {seeds} seeds")


if __name__ == "__main__":
    main()
