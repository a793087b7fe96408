"""Run candidates in a sandbox: verdicts, measurements, contests."""

from .base import Executor
from .isolation import Isolation
from .measurement import Comparison, compare
from .probe import probe
from .registry import EXECUTORS, executor_of
from .sandboxed import SplitExecutor

__all__ = [
    "EXECUTORS",
    "Comparison",
    "Executor",
    "Isolation",
    "SplitExecutor",
    "compare",
    "executor_of",
    "probe",
]
