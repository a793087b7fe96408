"""Build a report from the replies of the two zygotes: verdicts, metrics, and signs of tampering."""

from __future__ import annotations

import re
import signal
from typing import Any

from orps_agent.domain.execution import ExecutionReport, Metric, Metrics, TamperFlag, TestResult, Verdict
from orps_agent.domain.problem import ProgramTest, SnippetTest, TestSuite

from .suite_check import same_output

_SOURCES = {
    "cpu_ns": ("cpu_ns", "process cpu clock"),
    "wall_ns": ("wall_ns", "monotonic clock"),
    "faults": ("page_faults", "wait4 minor faults"),
    "peak_kb": ("peak_memory_kb", "wait4 maximum resident set"),
    "instructions": ("instructions", "perf_event_open"),
    "branch_misses": ("branch_misses", "perf_event_open"),
}
"""The zygote's name of each signal, the report's name of it, and the source that measured it."""
_IMITATIONS = re.compile(
    r"^\W*(?:result\W.*success|\W*success['\"]?\s*[:=]\s*true|verdict\W+pass|\d+ passed\b|all tests passed|ok$)",
    re.IGNORECASE | re.MULTILINE,
)


def build_report(suite: TestSuite, tier: int, reply: dict[str, Any], tests: list[int] | None = None) -> ExecutionReport:
    """Build the report on the given tests of the suite (None: all) from the tester's reply."""
    chosen = [suite.tests[index] for index in tests] if tests is not None else list(suite.tests)
    judged = reply["results"]
    flags = [flag for test, each in zip(chosen, judged, strict=True) for flag in _flags(test.name, each)]
    imitation = _IMITATIONS.search(reply["stdout"])
    if imitation and all(test.kind == "snippet" for test in chosen):
        flags.append(
            TamperFlag(kind="imitation", severity="suspected", evidence=f"printed {imitation[0].strip()[:100]!r}")
        )
    return ExecutionReport(
        results=tuple(build_result(test, each) for test, each in zip(chosen, judged, strict=True)),
        tier=tier,
        stdout=reply["stdout"],
        stderr=reply["stderr"],
        flags=tuple({flag.kind: flag for flag in reversed(flags)}.values()),
    )


def lost_report(suite: TestSuite, tier: int, why: str) -> ExecutionReport:
    """Build the report on a candidate whose sandbox was lost while it ran: no test passed."""
    error = f"the sandbox was lost while this candidate ran, and has been replaced: {why}"
    results = tuple(
        TestResult(name=test.name, verdict=Verdict.CRASHED, error=error, trust="split") for test in suite.tests
    )
    flag = TamperFlag(kind="sandbox_lost", severity="suspected", evidence=why)
    return ExecutionReport(results=results, tier=tier, flags=(flag,))


def build_result(test: SnippetTest | ProgramTest, judged: dict[str, Any]) -> TestResult:
    """Build one test's result; a program's output is compared here, out of the program's reach."""
    verdict, error = judged["verdict"], judged["error"]
    actual, expected = judged.get("actual"), judged.get("expected")
    usage = judged.get("usage", {})
    if verdict == "printed":
        assert isinstance(test, ProgramTest)  # noqa: S101 - only programs print their answer
        verdict, error = _judge_program(test, usage)
        actual, expected = usage["stdout"][:500], test.stdout[:500]
    if verdict == "crashed" and usage.get("died") is not None:
        error = cause_of_death(usage["died"])
    return TestResult(
        name=test.name,
        verdict=Verdict(verdict),
        error=_clean(error),
        expected=_clean(expected) if verdict == "fail" else None,
        actual=_clean(actual) if verdict == "fail" else None,
        trust=judged.get("trust", "split"),
        short_limit=judged.get("short", False),
        metrics=_metrics(usage),
    )


def _clean(text: str | None) -> str | None:
    """Return the text without lone surrogates, which no file, database or terminal accepts."""
    return None if text is None else text.encode(errors="replace").decode()


def _judge_program(test: ProgramTest, usage: dict[str, Any]) -> tuple[str, str | None]:
    status = usage["died"]
    if status:
        last = usage["stderr"].strip().rpartition("\n")[2]
        crashed = (status & 0x7F) != 0
        return "crashed" if crashed else "error", cause_of_death(status) + (f": {last[:500]}" if last else "")
    if usage["overflow"]:
        return "fail", "the program printed far more than was expected"
    return (
        ("pass", None)
        if same_output(test, usage["stdout"])
        else ("fail", f"the output differs ({test.compare} comparison)")
    )


def cause_of_death(status: int) -> str:
    """Describe a wait status in words."""
    if status & 0x7F:
        number = status & 0x7F
        if number == signal.SIGSYS:
            return "killed by the system-call filter"
        try:
            return f"killed by {signal.Signals(number).name}"
        except ValueError:
            return f"killed by signal {number}"
    return f"the process exited with status {status >> 8} before the test ended"


def _metrics(usage: dict[str, Any]) -> Metrics:
    if "cpu_ns" not in usage:
        return Metrics()
    found = {
        name: Metric(value=usage[key], source=source)
        for key, (name, source) in _SOURCES.items()
        if usage.get(key) is not None
    }
    return Metrics(**found)


def _flags(name: str, judged: dict[str, Any]) -> list[TamperFlag]:
    """Return flags for actions, observed from outside, that honest solutions do not perform."""
    flags: list[TamperFlag] = []
    died = judged.get("usage", {}).get("died")
    if judged.get("surprise"):
        flags.append(TamperFlag(kind="protocol", severity="tampering", evidence=f"test {name}: {judged['surprise']}"))
    if died is not None and died & 0x7F == signal.SIGSYS:
        evidence = f"test {name}: a call that no solution needs was stopped by the system-call filter"
        flags.append(TamperFlag(kind="blocked_call", severity="tampering", evidence=evidence))
    elif judged["verdict"] == "crashed" and died is not None and not died & 0x7F:
        flags.append(
            TamperFlag(kind="early_exit", severity="suspected", evidence=f"test {name}: {cause_of_death(died)}")
        )
    for posing in judged.get("posing", ()):
        evidence = f"test {name}: an object of class {posing!a}, derived from a data type, was compared with plain data"
        flags.append(TamperFlag(kind="posing", severity="suspected", evidence=evidence))
    return flags
