"""Configure the executor: how many candidates run at a time, in which interpreter, within which limits."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from orps_agent.util.cpus import allowed_cores


class ExecutorSettings(BaseModel):
    """Configure where and how candidates run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = "sandboxed"
    """Name of the executor: the built-in one, or one that an installed package adds."""
    options: dict[str, JsonValue] = {}
    """Settings of a package's executor, which reads them itself; the built-in one has none."""
    slots: int = Field(default_factory=lambda: len(allowed_cores()), ge=1)
    """Number of candidates that run at the same time; more than there are cores makes the profiles worthless."""
    python: Path = Path(sys.executable)
    """Interpreter that runs the candidates; it determines the packages that they may import."""
    pin: bool = True
    """Pin every slot to a core of its own, where there are enough: it is faster, and profiles are steadier."""
    short_seconds: float = Field(default=0.2, gt=0)
    """Seconds that a test may take once the candidate has exceeded a limit before."""
    max_timeouts: int = Field(default=3, ge=1)
    """Number of timeouts after which the rest of a candidate's tests is skipped."""
    adapt_factor: float | None = Field(default=None, gt=1)
    """Multiple of the best time measured for a test that it may take; None: always its full limit."""
    adapt_floor: float = Field(default=0.5, gt=0)
    """Lower bound of an adapted limit, in seconds."""
    open_files: int = Field(default=64, ge=16)
    """Maximum number of files that a candidate may have open at a time."""
    threads: int = Field(default=128, ge=1)
    """Maximum number of threads of a candidate; it may not start other processes at all."""
    profile_seconds: float = Field(default=0.02, gt=0)
    """CPU seconds that the repeats of one test must add up to for a valid profile."""
    profile_repeats: int = Field(default=5, ge=1)
    """Maximum number of repeats of one test for a profile."""
    unsafe: bool = False
    """Run candidates even where they cannot be isolated. They can then do whatever you can do."""
