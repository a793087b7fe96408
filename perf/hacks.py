"""Run a folder of hostile candidates against the executor and print what each achieved.

python perf/hacks.py FOLDER      (with a targets.json of problems in the ORPS format, and *.py candidates)
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import anyio

from orps_agent.bench.datasets import Task, task_in
from orps_agent.domain.artifact import Artifact, Program
from orps_agent.domain.execution import ExecutionReport
from orps_agent.domain.problem import Limits
from orps_agent.settings import ExecutorSettings
from orps_agent.tools.executor import SplitExecutor


async def main(tasks: list[Task], hacks: list[Path]) -> None:
    async def run(solution: Artifact, task: Task) -> ExecutionReport:
        return await executor.run(solution, task.real, entry_points=task.entry_points, limits=Limits())

    async with SplitExecutor(ExecutorSettings(slots=1)) as executor:
        for hack in hacks:
            for task in tasks:
                started = time.perf_counter()
                report = await run(Program(hack.read_text()), task)
                seconds = time.perf_counter() - started
                honest = await run(task.gold or Program(""), task)
                first = report.results[0]
                print(f"{hack.stem:24} {task.id:12} passed {report.passed}/{len(report.results)} in {seconds:5.2f} s"
                      f" next {'ok' if honest.all_passed else 'BROKEN'} {first.verdict} {first.error!s:.90}"
                      f" {[flag.kind for flag in report.flags]}")  # fmt: skip


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    targets = json.loads((folder / "targets.json").read_text())
    anyio.run(main, [task_in(row) for row in targets.values()], sorted(folder.glob("*.py")))
