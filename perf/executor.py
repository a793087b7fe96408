"""Measure how fast, how right and how tight the sandboxed executor is, on benchmarks that have gold solutions.

    python perf/executor.py speed data/mbpp/test.csv data/lbpp/test.csv
    python perf/executor.py gold data/*/*.csv
    python perf/executor.py soak data/mbpp/test.csv --count 1000

`speed` prints tests per second of a fresh `python -s -P` for every test, one after the other, and of the executor,
measured in alternating slices of the same window, so that a busy machine hurts both alike.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anyio

from orps_agent.bench.datasets import Task, load_tasks, open_dataset
from orps_agent.domain.artifact import Program
from orps_agent.domain.execution import ExecutionReport
from orps_agent.settings import ExecutorSettings
from orps_agent.tools.executor import SplitExecutor
from orps_agent.util.cpus import allowed_cores


def load(names: list[str]) -> list[Task]:
    """Load the tasks of all datasets that have a gold solution, with the dataset's name before their own."""
    tasks = []
    for name in names:
        loaded = load_tasks(open_dataset(name))
        for fault in loaded.faults:
            print(f"left out: {fault}")
        named = [task.model_copy(update={"id": f"{loaded.name} {task.id}"}) for task in loaded.tasks]
        tasks += [task for task in named if task.gold is not None]
        print(f"{loaded.name}: {len(named)} tasks, {sum(len(task.real) for task in named)} tests")
    return tasks


def run_reference(task: Task, index: int) -> bool:
    """Run one test in a fresh interpreter, as the paper's public executor does."""
    test, gold = task.real.tests[index], task.gold.source if task.gold else ""
    assert test.kind == "snippet", "the reference has no way to run a program"
    with tempfile.TemporaryDirectory() as folder:
        parts = [task.real.setup, test.code]
        if task.real.module:
            Path(folder, "code.py").write_text(gold)
            parts.insert(0, f"import sys; sys.path.insert(0, {folder!r})")
        else:
            parts.insert(1, gold)
        Path(folder, "test.py").write_text("\n".join(parts))
        run = subprocess.run([sys.executable, "-s", "-P", "test.py"], cwd=folder, capture_output=True, check=False)
        return run.returncode == 0


async def run_gold(executor: SplitExecutor, task: Task) -> ExecutionReport:
    limits = task.problem("real").limits
    return await executor.run(task.gold or Program(""), task.real, entry_points=task.entry_points, limits=limits)


async def run_all(executor: SplitExecutor, tasks: list[Task], slots: int) -> int:
    """Run the tasks' gold solutions, `slots` at a time; return the number of tests that ran."""
    waiting = iter(tasks)
    count = 0

    async def worker() -> None:
        nonlocal count
        for task in waiting:
            report = await run_gold(executor, task)
            count += len(report.results)

    async with anyio.create_task_group() as group:
        for _ in range(slots):
            group.start_soon(worker)
    return count


async def speed(tasks: list[Task], slots: int, slices: int) -> None:
    """Alternate slices of both; each slice of the reference runs a sample of the tests that the executor runs."""
    ratios: list[float] = []
    totals = {"reference": [0.0, 0.0], "split": [0.0, 0.0]}
    async with SplitExecutor(ExecutorSettings(slots=slots)) as executor:
        print(f"tier {executor.isolation.tier}: {executor.isolation.summary}")
        await run_all(executor, tasks, slots)
        for part in range(slices):
            chosen = tasks[part::slices]
            pairs = [(task, index) for task in chosen for index in range(len(task.real))]
            sample = pairs[:: max(1, len(pairs) // 40)]
            started = time.perf_counter()
            for task, index in sample:
                run_reference(task, index)
            reference = time.perf_counter() - started
            started = time.perf_counter()
            count = await run_all(executor, chosen, slots)
            split = time.perf_counter() - started
            ratios.append((count / split) / (len(sample) / reference))
            for name, tests, seconds in (("reference", len(sample), reference), ("split", count, split)):
                totals[name][0] += tests
                totals[name][1] += seconds
    for name, (ran, seconds) in totals.items():
        print(f"{name:10} {ran:6.0f} tests {ran / seconds:8.1f} tests/s")
    ratios.sort()
    print(
        f"ratio {ratios[len(ratios) // 2]:.1f}x (median of {len(ratios)} slices, {ratios[0]:.1f} to {ratios[-1]:.1f})"
    )


async def gold(tasks: list[Task], slots: int) -> None:
    """Print the gold solutions that do not pass, the reasons, and the trust of the verdicts of the others."""
    trusts: dict[str, int] = {}
    async with SplitExecutor(ExecutorSettings(slots=slots)) as executor:
        for task in tasks:
            report = await run_gold(executor, task)
            for result in report.results:
                trusts[result.trust] = trusts.get(result.trust, 0) + 1
            failed = [result for result in report.results if not result.passed]
            if failed:
                first = failed[0]
                print(
                    f"{task.id}: {len(failed)} of {len(report.results)}: {first.verdict} {first.error!s:.160}"
                    f" expected {first.expected!s:.80} actual {first.actual!s:.80}"
                )
            for flag in report.flags:
                print(f"{task.id}: FLAG {flag.kind} {flag.evidence:.160}")
    print("tests by trust:", trusts)


async def soak(tasks: list[Task], slots: int, count: int) -> None:
    """Run many candidates in a row and print the resources of the parent at the beginning and at the end."""
    async with SplitExecutor(ExecutorSettings(slots=slots)) as executor:
        await run_all(executor, tasks[:50], slots)
        before = _holdings()
        await run_all(executor, (tasks * (count // len(tasks) + 1))[:count], slots)
        print(f"{count} candidates: before {before}, after {_holdings()} (descriptors, descendants, KiB resident)")


def _holdings() -> tuple[int, int, int]:
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    family = {os.getpid()}
    while found := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= found
    return len(list(Path("/proc/self/fd").iterdir())), len(family) - 1, resident


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "gold", "soak"])
    parser.add_argument("data", nargs="+", help="files, folders or names of datasets")
    parser.add_argument("--slots", type=int, default=len(allowed_cores()))
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--slices", type=int, default=9)
    given = parser.parse_args()
    tasks = load(given.data)
    if given.what == "speed":
        anyio.run(speed, tasks, given.slots, given.slices)
    elif given.what == "gold":
        anyio.run(gold, tasks, given.slots)
    else:
        anyio.run(soak, tasks, given.slots, given.count)


if __name__ == "__main__":
    main()
