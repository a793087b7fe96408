"""Find the best walls that hold on this machine, by running a harmless candidate that tries to escape."""

from __future__ import annotations

import os
from pathlib import Path

import anyio
import anyio.to_thread

from orps_agent.domain.problem import Limits
from orps_agent.errors import ExecutorError
from orps_agent.settings import ExecutorSettings

from .isolation import Interpreter, Isolation, Launcher, Walls, candidate_walls, describe
from .pair import Pair, PairLost

_ESCAPES = """
import os, socket

def attempt(action):
    try:
        action()
    except OSError:
        return False
    return True

def fork():
    if os.fork() == 0:
        os._exit(0)

def escapes(secret, outside, parent):
    tried = {
        "read a file of yours": lambda: open(secret).close(),
        "write outside its folder": lambda: open(outside, "w").close(),
        "start a process": fork,
        "open a socket": lambda: socket.socket().close(),
        "read the environment of another process": lambda: open("/proc/%d/environ" % parent).close(),
    }
    found = [name for name, action in tried.items() if attempt(action)]
    return found + ["see the environment of orps"] * ("ORPS_PROBE" in os.environ)
"""

_ORDER = {
    "suite": -1, "source": _ESCAPES, "tests": [[0, 10.0]], "budget": 10.0, "short": 1.0, "max_timeouts": 1,
    "core": None, "keep": 1000, "program_keep": 1000,
    "limits": {"memory_mb": 512, "file_mb": 16, "open_files": 64, "threads": 64},
}  # fmt: skip


async def probe(settings: ExecutorSettings | None = None) -> Isolation:
    """Return the isolation of candidates here, for `orps doctor`; ExecutorError when the interpreter does not run."""
    interpreter = Interpreter.find(Path((settings or ExecutorSettings()).python))
    isolation, _, pair = await find_isolation(interpreter, unsafe=True)
    await pair.close()
    return isolation


async def find_isolation(
    interpreter: Interpreter, *, unsafe: bool, choices: list[tuple[Walls, str | None]] | None = None
) -> tuple[Isolation, str | None, Pair]:
    """Find the best isolation that holds, its bubblewrap, and a first pair isolated by it, ready for work.

    `choices` are the walls to try, best first; None: those that this machine supports.
    Raises ExecutorError when only tier 3 is left and `unsafe` is False.
    """
    failures: list[str] = []
    for walls, bwrap in candidate_walls(os.geteuid() == 0) if choices is None else choices:
        isolation = describe(walls, failures)
        try:
            pair = await Pair.start(Launcher(interpreter, isolation, bwrap), Limits().file_mb)
        except ExecutorError as error:
            failures.append(str(error))
            continue
        leaks = await _leaks(pair)
        if not leaks:
            return isolation, bwrap, pair
        await pair.close()
        failures.append(f"{walls}: a candidate could {leaks}")
    isolation = describe("none", failures)
    if not unsafe:
        raise ExecutorError(
            f"candidates cannot be isolated here: {isolation.summary}; try `{isolation.raise_with}`, "
            "or accept the risk with --unsafe-exec"
        )
    return isolation, None, await Pair.start(Launcher(interpreter, isolation), Limits().file_mb)


async def _leaks(pair: Pair) -> str:
    """Return the forbidden actions that a candidate in this pair could perform; empty when the walls hold."""
    async with anyio.TemporaryDirectory() as folder:
        bait = await anyio.to_thread.run_sync(_bait, folder)
        call = f"found = escapes({bait!r}, {folder + '/outside'!r}, {os.getpid()})"
        code = f"{call}\nassert not found, ', '.join(found)"
        tests = [{"kind": "snippet", "name": "escapes", "code": code}]
        suite = {"number": -1, "setup": "", "module": None, "entry_points": ["escapes"], "tests": tests}
        try:
            await pair.request({"suite": suite})
            result = (await pair.request({"run": _ORDER}))["results"][0]
        except PairLost as error:
            return f"break its sandbox ({error})"
    return "" if result["verdict"] == "pass" else str(result["error"])


def _bait(folder: str) -> str:
    """Create a file that only walls keep from being read, whatever user the candidate runs as."""
    Path(folder).chmod(0o777)
    secret = Path(folder, "secret")
    secret.write_text("secret")
    secret.chmod(0o666)
    return str(secret)
