"""Make outlines of candidates; what a test leaves out has a default."""

from __future__ import annotations

from orps_agent.domain.candidate import Outline, Status


def outline(
    id_: str,
    passed: int = 0,
    *,
    tests: int = 4,
    time: float = 1.0,
    tampering: bool = False,
    written: bool = True,
) -> Outline:
    return Outline(
        id=id_,
        round=0,
        hint="h",
        status=Status.OPEN,
        passed=passed,
        tests=tests,
        omega=1.0,
        process=3,
        written=written,
        costs={"cpu_ns": time},
        flagged=tampering,
        tampering=tampering,
    )
