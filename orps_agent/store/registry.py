"""Find stores by the scheme of their URL."""

from __future__ import annotations

from pathlib import Path

from orps_agent.settings import Settings
from orps_agent.util.plugins import Factories

from .base import Store
from .sqlite import SqliteStore

_SQLITE = "sqlite"


def _sqlite(url: str, settings: Settings) -> Store:
    path = Path(url.removeprefix(f"{_SQLITE}://"))
    return SqliteStore(path, durability=settings.durability, in_loop=settings.commits == "loop")


def _memory(url: str, settings: Settings) -> Store:
    from .memory import MemoryStore  # noqa: PLC0415 - few need it

    return MemoryStore()


STORES: Factories[[str, Settings], Store] = Factories(
    "orps_agent.stores", "store", {_SQLITE: _sqlite, "memory": _memory}, protocol=Store, setting="db"
)
"""Factories of stores by URL scheme; each gets the complete URL and the settings."""


def store_of(settings: Settings) -> Store:
    """Make the store that `settings.db` names, not entered yet; raises SettingsError or PluginError."""
    url = str(settings.db)
    scheme = url.partition("://")[0] if isinstance(settings.db, str) else _SQLITE
    return STORES.make(scheme, url, settings)
