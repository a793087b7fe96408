"""Measure the service with a full queue and many watchers: lost and repeated events, delays, and CPU cost.

    python -m perf.serve --searches 50 --watchers 200 --turns 3

A real `orps serve` with the scripted model is watched over HTTP from this process. Every second watcher disconnects
now and then and reconnects with Last-Event-ID. Turns without watchers alternate with these, for the ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orps_agent.client import Client
from orps_agent.settings import SearchConfig
from orps_agent.store import SqliteStore
from tests.support.samples import DOUBLE, HALF, RIGHT, script
from tests.support.serve.service_process import Serving, serving
from tests.support.serve.watchers import Watcher, follow_all

CONFIG = SearchConfig(samples=4, rounds=2, beam=1)
RULES = (
    {"role": "programmer", "contains": "# Execution", "reply": RIGHT, "delay": 0.2},
    {"role": "programmer", "reply": HALF, "delay": 0.2},
)
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Turn:
    seconds: float
    cpu: float
    """Of the service's own process, without its sandboxes, in seconds."""
    memory_mb: float
    """Peak resident memory of that process, in MiB."""
    watchers: list[Watcher]
    lost: int = 0
    twice: int = 0


async def turn(searches: int, watchers: int, seed: int) -> Turn:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving(folder, script(folder, *RULES)) as service:
            async with Client(service.url) as client:
                before, began = cpu(service), time.monotonic()
                ids = [(await client.submit(DOUBLE, CONFIG)).id for _ in range(searches)]
                crowd = [
                    Watcher(ids[place % searches], random.Random(f"{seed} {place}") if place % 2 else None, 10.0)
                    for place in range(watchers)
                ]
                await follow_all(crowd, int(service.port))
                while [each.state for each in await client.list()].count("finished") < searches:  # noqa: ASYNC110 - in another process
                    await asyncio.sleep(0.2)
            done = Turn(time.monotonic() - began, cpu(service) - before, memory_mb(service), crowd)
        return await checked(done, folder)


async def checked(done: Turn, folder: Path) -> Turn:
    """Return the turn with the events that its watchers lost or saw twice, compared with the file."""
    stored: dict[str, list[int]] = {}
    async with SqliteStore(folder / "orps.db") as store:
        for row in await store.searches(1000):
            stored[row.id] = [each.id for each in await store.events(row.id, limit=100_000)]
    lost = sum(len({*stored[each.search]} - {*each.seen}) for each in done.watchers)
    twice = sum(len(each.seen) - len({*each.seen}) for each in done.watchers)
    return Turn(done.seconds, done.cpu, done.memory_mb, done.watchers, lost, twice)


def cpu(service: Serving) -> float:
    fields = Path(f"/proc/{service.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_mb(service: Serving) -> float:
    lines = Path(f"/proc/{service.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def report(alone: Sequence[Turn], watched: Sequence[Turn]) -> None:
    crowd = [each for done in watched for each in done.watchers]
    delays = sorted(delay for each in crowd for delay in each.delays)
    print(
        f"{len(crowd)} watchers in {len(watched)} turns, {sum(len(each.seen) for each in crowd)} events delivered,"
        f" {sum(each.connections - 1 for each in crowd)} times back with Last-Event-ID:"
        f" {sum(done.lost for done in watched)} lost, {sum(done.twice for done in watched)} seen twice"
    )
    cuts = {f"{share:.0%}": delays[int(share * (len(delays) - 1))] for share in (0.5, 0.9, 0.99, 1.0)}
    print(f"delay of {len(delays)}: " + ", ".join(f"{name} {1000 * each:.0f} ms" for name, each in cuts.items()))
    for name in ("seconds", "cpu", "memory_mb"):
        pairs = [(getattr(one, name), getattr(other, name)) for one, other in zip(alone, watched, strict=True)]
        ratios = sorted(there / here for here, there in pairs)
        print(
            f"{name}: alone {statistics.median(here for here, _ in pairs):.1f},"
            f" watched {statistics.median(there for _, there in pairs):.1f};"
            f" ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--searches", type=int, default=50)
    parser.add_argument("--watchers", type=int, default=200)
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    alone, watched = [], []
    for seed in range(given.turns):
        alone.append(await turn(given.searches, 0, seed))
        watched.append(await turn(given.searches, given.watchers, seed))
    report(alone, watched)


if __name__ == "__main__":
    asyncio.run(main())
