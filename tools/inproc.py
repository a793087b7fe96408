"""Runs a candidate's tests beside it in one interpreter: fed to `python -c` in the sandbox, never imported.

One JSON job arrives on stdin. The descriptor named by the first argument gets a line `{}` once the limits are
set, then one JSON line for every test that ended. All this shares the interpreter with the candidate.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import json
import os
import resource
import sys
import time
import traceback
import types
from collections.abc import Callable
from typing import Any

SHOWN = 2000
ACTUAL, EXPECTED = "_actual_side", "_expected_side"


def main() -> None:
    """Take the job, set the limits, and run what the job asks for."""
    job = json.load(sys.stdin.buffer)
    results = int(sys.argv[1])
    feed_stdin(job["stdin"] or "")
    for name, value in job["rlimits"].items():
        limit(getattr(resource, name), value)
    os.write(results, b"{}\n")
    if job["stdin"] is None:
        run_snippets(job, results)
    else:
        run_program(job, results)


def limit(kind: int, value: int) -> None:
    """Set a limit that cannot be raised again, or keep a stricter one that is there."""
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def feed_stdin(text: str) -> None:
    """Replace the job's pipe by a file of its own as descriptor 0."""
    memory = os.memfd_create("stdin")
    os.write(memory, text.encode("utf-8", "surrogatepass"))
    os.lseek(memory, 0, os.SEEK_SET)
    os.dup2(memory, 0)
    os.close(memory)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor that stays open


def run_program(job: dict[str, Any], results: int) -> None:
    """Run the candidate as `__main__`; it is judged outside by exit status and stdout, only its cost is told."""
    module = fresh_module("__main__")
    clock = Clock()
    try:
        solution = compiled(job["code"], "<solution>")
        clock.measure(lambda: exec(solution, module.__dict__))  # noqa: S102
    except Exception as error:  # noqa: BLE001 - whatever the program raises ends it, as it would without us
        traceback.print_exception(error.with_traceback(own_frames(error.__traceback__)))
        sys.exit(1)
    finally:
        send(results, {"verdict": "pass", **(clock.cost() if job["measure"] else {})})


def own_frames(trace: types.TracebackType | None) -> types.TracebackType | None:
    """The traceback from the candidate's first frame on."""
    while trace and trace.tb_frame.f_code.co_filename != "<solution>":
        trace = trace.tb_next
    return trace


def run_snippets(job: dict[str, Any], results: int) -> None:
    """Run the tests in order, each in a module made for it, and tell each verdict as soon as it is known."""
    owner = os.getpid()
    verdict, solution = judge(lambda: compiled(job["code"], "<solution>"))
    if job["measure"]:  # so that importing libraries, which only the first test would pay for, is not measured
        judge(lambda: load(solution, job["module"]))
    for test in job["tests"]:
        clock = Clock()
        if solution is not None:
            verdict = run_test(job, solution, test, clock)
        if os.getpid() != owner:  # the candidate forked and its child came back here
            os._exit(1)
        flush()
        send(results, {**verdict, **(clock.cost() if job["measure"] else {})})
    os._exit(0)  # threads and exit handlers that the candidate left behind have no say


def run_test(job: dict[str, Any], solution: types.CodeType, test: str, clock: Clock) -> dict[str, Any]:
    """The verdict of one test, with both sides of a failed top-level `assert a == b`."""
    namespace: dict[str, Any] = {}

    def body() -> None:
        nonlocal namespace
        namespace = clock.measure(lambda: load(solution, job["module"]))
        exec(compiled(job["setup"], "<setup>"), namespace)  # noqa: S102
        snippet = compiled(sides_kept(test), "<test>")
        clock.measure(lambda: exec(snippet, namespace))  # noqa: S102

    verdict, _ = judge(body)
    if verdict["verdict"] == "fail" and ACTUAL in namespace:
        verdict["expected"], verdict["actual"] = shown(namespace[EXPECTED]), shown(namespace[ACTUAL])
    return verdict


def load(solution: types.CodeType, name: str | None) -> dict[str, Any]:
    """Run the candidate in a fresh module; the namespace for the test: that module's own, or an empty one."""
    module = fresh_module(name or "solution")
    exec(solution, module.__dict__)  # noqa: S102
    return {"__name__": "test", "__builtins__": builtins} if name else module.__dict__


def compiled(source: str | ast.Module, name: str) -> types.CodeType:
    """The source compiled, without the __future__ features of this file."""
    code: types.CodeType = compile(source, name, "exec", dont_inherit=True)
    return code


def fresh_module(name: str) -> types.ModuleType:
    """An empty module that imports, dataclasses and pickle find under this name."""
    module = types.ModuleType(name)
    sys.modules[name] = module
    return module


def sides_kept(test: str) -> ast.Module:
    """The test with every top-level `assert a == b` keeping its sides' values; actual is the side that calls."""
    tree = ast.parse(test, "<test>")
    body: list[ast.stmt] = []
    for statement in tree.body:
        match statement:
            case ast.Assert(test=ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]) as compare):
                swapped = calls(right) and not calls(left)
                first, second = (EXPECTED, ACTUAL) if swapped else (ACTUAL, EXPECTED)
                body += [ast.Assign([ast.Name(first, ast.Store())], left)]
                body += [ast.Assign([ast.Name(second, ast.Store())], right)]
                compare.left, compare.comparators = ast.Name(first, ast.Load()), [ast.Name(second, ast.Load())]
                body += [statement, ast.Delete([ast.Name(name, ast.Del()) for name in (first, second)])]
            case _:
                body.append(statement)
    tree.body = body
    return ast.fix_missing_locations(tree)


def calls(expression: ast.expr) -> bool:
    """Whether there is a call in the expression."""
    return any(isinstance(node, ast.Call) for node in ast.walk(expression))


def judge(body: Callable[[], Any]) -> tuple[dict[str, Any], Any]:
    """Pass and what it returns, fail on AssertionError, error on whatever else it raises."""
    try:
        return {"verdict": "pass"}, body()
    except AssertionError as error:
        return {"verdict": "fail", "error": described(error)}, None
    except BaseException as error:  # noqa: BLE001 - SystemExit is a verdict too
        return {"verdict": "error", "error": described(error)}, None


def described(error: BaseException) -> str:
    """`Type: message` in one line, a syntax error with its line."""
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        return shortened(f"{kind}: {error.msg} (line {error.lineno})")
    try:
        message = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - a candidate's own __str__ may raise anything
        message = ""
    return shortened(f"{kind}: {message}" if message else kind)


def shown(value: object) -> str:
    """The value's repr, shortened."""
    try:
        return shortened(repr(value))
    except Exception as error:  # noqa: BLE001 - a candidate's own __repr__ may raise anything
        return f"<{type(value).__name__} whose repr raised {type(error).__name__}>"


def shortened(text: str) -> str:
    """At most SHOWN characters, both ends kept, nothing that UTF-8 cannot carry."""
    if len(text) > SHOWN:
        text = f"{text[: SHOWN // 2]} ... {text[-SHOWN // 2 :]}"
    return text.encode("utf-8", "backslashreplace").decode()


def cpu_time_ns() -> int:
    """CPU time of this process and of the children that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time_ns() + int(1e9 * (children.ru_utime + children.ru_stime))


class Clock:
    """Sums what the measured calls cost this process."""

    def __init__(self) -> None:
        self.cpu_ns = self.wall_ns = self.page_faults = 0

    def measure(self, call: Callable[[], Any]) -> Any:
        """Make the call and add its cost, also when it raises."""
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        wall, cpu = time.perf_counter_ns(), cpu_time_ns()
        try:
            return call()
        finally:
            self.cpu_ns += cpu_time_ns() - cpu
            self.wall_ns += time.perf_counter_ns() - wall
            self.page_faults += resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults

    def cost(self) -> dict[str, int]:
        """What the calls cost together, and the most memory that the process had until now."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {
            "cpu_ns": self.cpu_ns,
            "wall_ns": self.wall_ns,
            "page_faults": self.page_faults,
            "peak_memory_kb": peak,
        }


def flush() -> None:
    """Push out what the test printed, unless the candidate took stdout away."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the candidate may have put anything there
            stream.flush()


def send(results: int, line: dict[str, Any]) -> None:
    """Write one line; the pipe takes it whole or blocks."""
    os.write(results, json.dumps(line).encode() + b"\n")


if __name__ == "__main__":
    main()
