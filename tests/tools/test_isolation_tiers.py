"""The tiers: what stands here, what holds without bubblewrap, and what is refused."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from orps_agent.tools import SplitExecutor, probe
from orps_agent.tools.isolation import Interpreter, Launcher, describe, find_bwrap, offered
from orps_agent.tools.pair import Pair
from orps_agent.tools.probing import _leaks, find_isolation

from orps_agent.errors import ExecutorError
from orps_agent.problem import Limits
from orps_agent.settings import ExecutorSettings

INTERPRETER = Interpreter.find(Path(sys.executable))
OFFERED = offered(root=os.geteuid() == 0)


@pytest.mark.parametrize(("walls", "bwrap"), OFFERED, ids=[walls for walls, _ in OFFERED])
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


async def test_without_bubblewrap_landlock_is_next() -> None:
    isolation, _, pair = await find_isolation(
        INTERPRETER, unsafe=False, choices=[("bwrap", "/nonexistent/bwrap"), ("landlock", None)]
    )
    await pair.close()
    assert isolation.tier == 2
    assert "the sandbox does not start" in isolation.summary
    assert isolation.raise_with


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
