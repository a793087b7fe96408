"""Measure how long a bench report takes: one interval of 500 problems, and a whole report of a made-up run.

    python -m perf.reports

Prints the shortest of several turns, which other programs on the machine disturb least.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from random import Random

from orps_agent.bench import render, summarise_records
from orps_agent.bench.analysis import estimates
from tests.support.bench.made_up_records import run

TURNS = 5


def seconds(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    """Return the shortest time of the work, in seconds, calling `before` ahead of each turn."""
    times = []
    for _ in range(TURNS):
        before()
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def forget() -> None:
    """Clear the resamples cached by earlier turns."""
    estimates._resamples.cache_clear()
    estimates.median_places.cache_clear()


def main() -> None:
    dealer = Random(0)
    values = [dealer.random() for _ in range(500)]
    for name, estimate in (("mean", estimates.share_estimate), ("median", estimates.median_estimate)):
        first = seconds(partial(estimate, values), forget)
        again = seconds(partial(estimate, values))
        print(
            f"{name} of 500 problems, {estimates.RESAMPLES:,} resamples: {first:.2f} s, every further one {again:.3f} s"
        )
    records = run(164)
    report = summarise_records(records)
    print(f"{len(records):,} searches of 164 problems, 4 methods, 2 seeds:")
    print(f"  summarised in {seconds(lambda: summarise_records(records), forget):.1f} s")
    print(f"  as HTML in {seconds(lambda: render(report, 'html')):.1f} s, {len(render(report, 'html')) / 1000:.0f} KB")


if __name__ == "__main__":
    main()
