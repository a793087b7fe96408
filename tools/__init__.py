"""What a search does to the outside world: running candidates, measuring them, analysing their source."""

from .executor import Executor
from .isolation import Isolation
from .probing import probe
from .profiling import Comparison, compare
from .split import SplitExecutor

__all__ = ["Comparison", "Executor", "Isolation", "SplitExecutor", "compare", "probe"]
