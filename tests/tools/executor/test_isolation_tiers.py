"""Check the isolation tiers: which this machine has, what holds without bubblewrap, what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from orps_agent.domain.problem import Limits
from orps_agent.errors import ExecutorError
from orps_agent.settings import ExecutorSettings
from orps_agent.tools.executor import SplitExecutor, probe
from orps_agent.tools.executor.isolation import Interpreter, Launcher, candidate_walls, describe, find_bwrap
from orps_agent.tools.executor.pair import Pair
from orps_agent.tools.executor.probe import _ORDER, _leaks, find_isolation

INTERPRETER = Interpreter.find(Path(sys.executable))
REACHABLE = os.geteuid() != 0 or all(
    parent.stat().st_mode & 0o001 for folder in INTERPRETER.folders for parent in Path(folder).parents
)
needs_reach = pytest.mark.skipif(
    not REACHABLE, reason="as root, Landlock's side runs as another user, who cannot reach this interpreter"
)
OFFERED = [
    pytest.param(walls, bwrap, id=walls, marks=needs_reach if walls == "landlock" else ())
    for walls, bwrap in candidate_walls(root=os.geteuid() == 0)
]


@pytest.mark.parametrize(("walls", "bwrap"), OFFERED)
async def test_every_wall_that_is_offered_holds(walls: str, bwrap: str | None) -> None:
    isolation = describe(walls, [])  # type: ignore[arg-type]
    pair = await Pair.start(Launcher(INTERPRETER, isolation, bwrap), Limits().file_mb)
    try:
        assert await _leaks(pair) == ""
    finally:
        await pair.close()


async def test_without_walls_the_probe_finds_the_leaks_and_nothing_runs() -> None:
    pair = await Pair.start(Launcher(INTERPRETER, describe("none", [])), Limits().file_mb)
    try:
        leaks = await _leaks(pair)
    finally:
        await pair.close()
    assert "read a file of yours" in leaks
    assert "start a process" in leaks
    with pytest.raises(ExecutorError, match="--unsafe-exec"):
        await find_isolation(INTERPRETER, unsafe=False, choices=[])


@needs_reach
async def test_without_bubblewrap_landlock_is_next() -> None:
    isolation, _, pair = await find_isolation(
        INTERPRETER, unsafe=False, choices=[("bwrap", "/nonexistent/bwrap"), ("landlock", None)]
    )
    await pair.close()
    assert isolation.tier == 2
    assert "the sandbox does not start" in isolation.summary
    assert isolation.raise_with


def test_an_interpreter_that_is_too_old_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text('#!/bin/sh\necho \'[[3, 9], "/usr", "/usr", "/usr", "/usr"]\'\n')
    old.chmod(0o755)
    with pytest.raises(ExecutorError, match=r"is Python 3\.9; candidates need 3.11 or newer"):
        Interpreter.find(old)


async def test_unsafe_has_to_be_said() -> None:
    isolation, _, pair = await find_isolation(INTERPRETER, unsafe=True, choices=[])
    await pair.close()
    assert isolation.tier == 3


async def test_the_environment_and_the_home_do_not_reach_a_sandbox() -> None:
    command = Launcher(INTERPRETER, describe("bwrap", []), "/bwrap").command("candidate", 3, None, "/scratch", 16)
    mounted = [command[place + 2] for place, word in enumerate(command) if word.startswith("--ro-bind")]
    assert not {str(Path.home()), "/", "/home", "/etc", "/tmp", "/proc", sys.prefix} & set(mounted)


@pytest.mark.skipif(find_bwrap() is None, reason="no bubblewrap here")
async def test_probe_and_executor_agree() -> None:
    isolation = await probe()
    async with SplitExecutor(ExecutorSettings(slots=1)) as executor:
        assert executor.isolation == isolation


@pytest.mark.parametrize(("walls", "bwrap"), OFFERED)
async def test_a_closed_pair_takes_its_candidate_with_it(walls: str, bwrap: str | None) -> None:
    pair = await Pair.start(Launcher(INTERPRETER, describe(walls, []), bwrap), Limits().file_mb)  # type: ignore[arg-type]
    test = {"kind": "snippet", "name": "1", "code": "f()"}
    suite = {"number": 1, "setup": "", "module": None, "entry_points": ["f"], "tests": [test]}
    await pair.request({"suite": suite})
    source = "import ctypes\nctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\ndef f():\n    while True: pass"
    async with anyio.create_task_group() as group:
        group.start_soon(pair.request, {"run": _ORDER | {"suite": 1, "source": source}})
        await anyio.sleep(0.3)
        ours = _sandboxed() & _below(os.getpid())
        group.cancel_scope.cancel()
    await pair.close()
    assert len(ours) >= 4
    for _ in range(500):
        if not ours & _sandboxed():
            break
        await anyio.sleep(0.01)
    assert not ours & _sandboxed()


def _sandboxed() -> set[str]:
    return {pid for pid, _, words in _processes() if "sandbox.zygote" in words}


def _below(ancestor: int) -> set[str]:
    """Return the descendants of a process: other workers of this test run have sandboxes too."""
    found, known = {str(ancestor)}, _processes()
    while more := {pid for pid, parent, _ in known if parent in found} - found:
        found |= more
    return found


def _processes() -> list[list[str]]:
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    return [line.split(maxsplit=2) for line in listed.splitlines()]
