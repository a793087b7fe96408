"""Every setting: one model per concern, filled from flags, the environment and one TOML file, in that order."""

from .loader import (
    APP,
    QUICK,
    ExecutorSettings,
    SearchConfig,
    Selector,
    Settings,
    changed,
    first_problem,
    load_settings,
    settings_file,
)

__all__ = [
    "APP",
    "QUICK",
    "ExecutorSettings",
    "SearchConfig",
    "Selector",
    "Settings",
    "changed",
    "first_problem",
    "load_settings",
    "settings_file",
]
