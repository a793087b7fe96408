"""Find executors by name."""

from __future__ import annotations

from orps_agent.settings import ExecutorSettings
from orps_agent.util.plugins import Factories

from .base import Executor
from .sandboxed import SplitExecutor

EXECUTORS: Factories[[ExecutorSettings], Executor] = Factories(
    "orps_agent.executors", "executor", {"sandboxed": SplitExecutor}, protocol=Executor, setting="executor.kind"
)


def executor_of(settings: ExecutorSettings) -> Executor:
    """Make the executor that the settings name, not entered yet; raises SettingsError or PluginError."""
    return EXECUTORS.make(settings.kind, settings)
