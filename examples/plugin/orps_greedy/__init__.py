"""A strategy and an executor for orps, found by their entry points in pyproject.toml."""

from .executor import LoggedExecutor
from .strategy import Greedy

__all__ = ["Greedy", "LoggedExecutor"]
