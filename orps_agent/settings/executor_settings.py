"""Settings of the executor: how many candidates run at a time, in which interpreter, within which bounds."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from orps_agent.util.cpus import allowed_cores


class ExecutorSettings(BaseModel):
    """Where and how candidates run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = "sandboxed"
    """Which executor: the built-in one, or one that an installed package adds."""
    options: dict[str, JsonValue] = {}
    """Settings of a package's executor, which reads them itself; the built-in one has none."""
    slots: int = Field(default_factory=lambda: len(allowed_cores()), ge=1)
    """How many candidates run at the same time; more than there are cores makes the profiles worthless."""
    python: Path = Path(sys.executable)
    """The interpreter that candidates run in, and with it the packages that they may import."""
    pin: bool = True
    """Give every slot a core of its own, where there are enough: faster, and profiles are steadier."""
    short_seconds: float = Field(default=0.2, gt=0)
    """What a test may still take once the candidate has run into a limit before."""
    max_timeouts: int = Field(default=3, ge=1)
    """After how many timeouts the rest of a candidate's tests is not run."""
    adapt_factor: float | None = Field(default=None, gt=1)
    """A test may take this many times the best time seen for it; None: always its full limit."""
    adapt_floor: float = Field(default=0.5, gt=0)
    """The least that an adapted limit may be, in seconds."""
    open_files: int = Field(default=64, ge=16)
    """How many files a candidate may have open at a time."""
    threads: int = Field(default=128, ge=1)
    """How many threads a candidate may have; other processes it may not have at all."""
    profile_seconds: float = Field(default=0.02, gt=0)
    """CPU time that the repeats of one test must add up to before its profile is believed."""
    profile_repeats: int = Field(default=5, ge=1)
    """The most often that one test is repeated for a profile."""
    unsafe: bool = False
    """Run candidates even where they cannot be isolated. They can then do whatever you can do."""
