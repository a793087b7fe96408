"""Define every setting: one model per concern, filled from flags, the environment and one TOML file, in that order."""

from .executor_settings import ExecutorSettings
from .loader import APP, Settings, load_settings, settings_file
from .search_config import QUICK, SearchConfig, Selector, WinnerKey, changed

__all__ = [
    "APP",
    "QUICK",
    "ExecutorSettings",
    "SearchConfig",
    "Selector",
    "Settings",
    "WinnerKey",
    "changed",
    "load_settings",
    "settings_file",
]
