"""Running candidates in a sandbox: verdicts, measurements, contests."""

from .base import Executor
from .isolation import Isolation
from .measurement import Comparison, compare
from .probe import probe
from .sandboxed import SplitExecutor

__all__ = ["Comparison", "Executor", "Isolation", "SplitExecutor", "compare", "probe"]
