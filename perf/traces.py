"""Counts how many files and functions of the project one act passes through, with a scripted model.

    python -m perf.traces                # all of them
    python -m perf.traces solve --files  # one, and which files these are

A profile function sees every call, in every thread of the process; each trace has a process of its own, in which
everything happens for the first time. Counted are the Python files of orps_agent, graphs, tools and prompts, by their
real path, in which a function was called, and these functions. What runs on import, comprehensions, lambdas, templates,
generated methods and the sandbox's own processes are not counted.

    solve      a problem file is loaded, an agent is opened, searches for two rounds, judges the winner, and is closed
    candidate  between two events of a search with one candidate a round: that the second round has begun, and that its
               candidate is finished; so prompts, replies, execution, analysis, critique, and the rows of these
    resume     an agent goes on with a search that another process left after its first round
    bench      a dataset of one problem is read, solved by two methods and the gold solution, judged and reported
    request    a service is opened, gets a search over HTTP, runs it to its end, and tells of it and of its result
    read       one GET of a finished search, in a service that is open already
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from inspect import CO_OPTIMIZED
from multiprocessing import get_context
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeVar

import anyio
import httpx
import yaml

import orps_agent
from orps_agent import Agent, SearchConfig, Settings, load_problem, load_settings
from orps_agent.bench import Record, render, summarise_records
from orps_agent.bench.datasets import load_tasks, open_dataset
from orps_agent.bench.plan import Plan
from orps_agent.bench.runner import run_bench
from orps_agent.serve.app import create_app
from orps_agent.serve.service import Service

Given = TypeVar("Given")
Result = TypeVar("Result")
TASK = {
    "statement": "Write double(n): twice n.",
    "entry_points": ["double"],
    "tests": ["assert double(2) == 4", "assert double(5) == 10"],
    "held_back": ["assert double(-1) == -2"],
}
RULES = [
    {
        "role": "programmer",
        "contains": "# Execution",
        "reply": "A sum.\n```python\ndef double(n):\n    return n + n\n```",
    },
    {"role": "programmer", "reply": "Add two.\n```python\ndef double(n):\n    return n + 2\n```"},
    {"role": "critic", "hint": "2 of 2 tests passed", "reply": "Right.\nSCORE: 5"},
    {"role": "critic", "reply": "Half.\nSCORE: 3"},
]
SMALL = SearchConfig(samples=2, rounds=2, beam=1)


@dataclass
class Recorder:
    """Notes which functions are called while it is on."""

    on: bool = False
    called: set[CodeType] = field(default_factory=set)

    def start(self) -> None:
        """See every call of this thread and of those that are still to be started."""
        threading.setprofile(self._see)
        sys.setprofile(self._see)

    def stop(self) -> None:
        """See nothing more."""
        self.on = False
        sys.setprofile(None)
        threading.setprofile(None)

    def _see(self, frame: FrameType, event: str, _: Any) -> None:
        if self.on and event == "call":
            self.called.add(frame.f_code)


@dataclass(frozen=True)
class Trace:
    """Hold the files and functions that a trace touched."""

    name: str
    functions: dict[str, int]
    """Number of functions called in each file, by its path within the project."""

    @classmethod
    def of(cls, name: str, called: set[CodeType]) -> Trace:
        """Sort out which of the called functions are the project's own."""
        root = Path(os.path.realpath(orps_agent.__path__[0])).parent
        own = [f"{root / each}{os.sep}" for each in ("orps_agent", "graphs", "tools", "prompts")]
        functions: dict[str, set[tuple[int, str]]] = {}
        for code in filter(_is_function, called):
            path = os.path.realpath(code.co_filename)
            if path.endswith(".py") and path.startswith(tuple(own)):
                functions.setdefault(os.path.relpath(path, root), set()).add((code.co_firstlineno, code.co_name))
        return cls(name, {path: len(found) for path, found in sorted(functions.items())})


def _is_function(code: CodeType) -> bool:
    """Tell a function with a name from the body of a module or a class, a comprehension and a lambda."""
    return bool(code.co_flags & CO_OPTIMIZED) and not code.co_name.startswith("<")


async def solve(folder: Path, recorder: Recorder) -> None:
    """Load a problem and solve it."""
    recorder.on = True
    problem = load_problem(folder / "problem.yaml")
    async with Agent(settings(folder)) as agent:
        await agent.solve(problem, SMALL)


async def candidate(folder: Path, recorder: Recorder) -> None:
    """Follow the second of two candidates."""
    problem = load_problem(folder / "problem.yaml")
    config = SMALL.model_copy(update={"samples": 1})
    async with Agent(settings(folder)) as agent, agent.stream(problem, config) as events:
        async for event in events:
            if event.kind == "round_started":
                recorder.on = event.round == 1
            elif event.kind == "candidate_finished":
                recorder.on = False


async def resume(folder: Path, recorder: Recorder) -> None:
    """Go on with a search that was left."""
    search = in_fresh_process(_interrupted, folder)
    recorder.on = True
    async with Agent(settings(folder)) as agent:
        await agent.resume(search)


async def bench(folder: Path, recorder: Recorder) -> None:
    """Read a dataset, solve it and report on it."""

    async def unheard(_: Record) -> None:
        """Ignore the event: only the calls matter."""

    recorder.on = True
    model = settings(folder).model or ""
    plan = Plan(["orps", "cot", "gold"], SMALL, model, model, calls=4, regime="real")
    entries = plan.entries([load_tasks(open_dataset(folder / "tasks.csv"))])
    async with Agent(settings(folder)) as agent:
        outcome = await run_bench(agent, entries, tell=unheard)
    render(summarise_records(outcome.records), "markdown")


async def request(folder: Path, recorder: Recorder) -> None:
    """Have a service run a search."""
    asked = {"file": (folder / "problem.yaml").read_text(), "config": {"samples": 2, "rounds": 2, "beam": 1}}
    recorder.on = True

    async def ask(client: httpx.AsyncClient) -> None:
        search = (await client.post("/api/searches", json=asked)).json()["id"]
        while (await client.get(f"/api/searches/{search}")).json()["state"] != "finished":  # noqa: ASYNC110 - as a client
            await anyio.sleep(0.05)
        (await client.get(f"/api/searches/{search}/result")).raise_for_status()

    await _served(folder, ask)


async def read(folder: Path, recorder: Recorder) -> None:
    """Ask a service for a search that has ended."""
    search = in_fresh_process(_finished, folder)

    async def ask(client: httpx.AsyncClient) -> None:
        await anyio.sleep(0.2)  # until the service has looked at its queue
        recorder.on = True
        (await client.get(f"/api/searches/{search}")).raise_for_status()
        recorder.on = False

    await _served(folder, ask)


async def _served(folder: Path, ask: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    """Ask the service's app in this process, without a socket."""
    async with Service(settings(folder)) as service:
        transport = httpx.ASGITransport(app=create_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            await ask(client)


TRACES: dict[str, Callable[[Path, Recorder], Awaitable[None]]] = {
    "solve": solve,
    "candidate": candidate,
    "resume": resume,
    "bench": bench,
    "request": request,
    "read": read,
}


def settings(folder: Path) -> Settings:
    """Settings whose files are all in the folder."""
    few = {"slots": 1, "profile_repeats": 1}
    model = f"scripted:{folder / 'script.yaml'}"
    return load_settings(db=folder / "orps.db", cache=folder / "cache", model=model, executor=few)


def _interrupted(folder: Path) -> str:
    """Begin a search of three rounds and leave it after the first."""

    async def begin() -> str:
        problem, config = load_problem(folder / "problem.yaml"), SMALL.model_copy(update={"rounds": 3})
        async with Agent(settings(folder)) as agent, agent.stream(problem, config) as events:
            async for event in events:
                if event.kind == "round_closed":
                    return event.search
        raise AssertionError("the search has ended without a round")

    return anyio.run(begin)


def _finished(folder: Path) -> str:
    """Run a search to its end."""

    async def run() -> str:
        async with Agent(settings(folder)) as agent:
            return (await agent.solve(load_problem(folder / "problem.yaml"), SMALL)).search

    return anyio.run(run)


def trace(name: str) -> Trace:
    """Carry out an act in this process, and tell what it has passed through."""
    recorder = Recorder()
    with tempfile.TemporaryDirectory() as given:
        folder = Path(given)
        os.environ["ORPS_CONFIG"] = str(folder / "settings.toml")
        (folder / "settings.toml").touch()
        (folder / "problem.yaml").write_text(yaml.safe_dump(TASK))
        (folder / "script.yaml").write_text(yaml.safe_dump({"rules": RULES}))
        _write_tasks(folder / "tasks.csv")
        recorder.start()
        try:
            anyio.run(partial(TRACES[name], folder, recorder))
        finally:
            recorder.stop()
    return Trace.of(name, recorder.called)


def _write_tasks(path: Path) -> None:
    """Write a dataset of one problem."""
    gold = "def double(n):\n    return 2 * n"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("task_id", "instruction", "completion", "test_setup", "test_list"))
        rows.writerow(("toy/0", TASK["statement"], gold, "", repr(TASK["tests"])))


def in_fresh_process(do: Callable[[Given], Result], given: Given) -> Result:
    """Do something in a process in which nothing was done before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(do, given).result()


def main() -> None:
    """Trace what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("traces", nargs="*", metavar="TRACE", help=f"which of {', '.join(TRACES)}; without any, all")
    parser.add_argument("--files", action="store_true", help="also tell the files, with their functions")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    given = parser.parse_args()
    if unknown := set(given.traces) - set(TRACES):
        parser.error(f"there is no trace {', '.join(sorted(unknown))}")
    found = [in_fresh_process(trace, name) for name in given.traces or TRACES]
    if given.json:
        print(json.dumps({each.name: each.functions for each in found}, indent=2))
        return
    print(f"{'trace':10} {'files':>5} {'functions':>9}")
    for each in found:
        print(f"{each.name:10} {len(each.functions):5} {sum(each.functions.values()):9}")
        if given.files:
            for path, count in each.functions.items():
                print(f"{count:26}  {path}")


if __name__ == "__main__":
    main()
