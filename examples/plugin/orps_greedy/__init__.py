"""Add a strategy and an executor to orps, which finds them by their entry points in pyproject.toml."""

from .executor import LoggedExecutor
from .strategy import Greedy

__all__ = ["Greedy", "LoggedExecutor"]
