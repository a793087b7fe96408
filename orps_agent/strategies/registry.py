"""Register the strategies by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orps_agent.errors import SettingsError
from orps_agent.settings import SearchConfig, changed
from orps_agent.settings.presets import PRESETS
from orps_agent.util.plugins import Factories

from .ab_mcts import AbMcts
from .aide import Aide
from .base import AnyStrategy, Strategy
from .dars import Dars
from .mcts import Mcts
from .orps import Orps
from .rro import Rro
from .sra_mcts import SraMcts

STRATEGIES: Factories[[SearchConfig, Sequence[str]], AnyStrategy] = Factories(
    "orps_agent.strategies",
    "strategy",
    {
        "orps": Orps,
        "cot": Orps,
        "best-of-n": Orps,
        "reflexion": Orps,
        "mcts": Mcts,
        "sra-mcts": SraMcts,
        "rro": Rro,
        "dars": Dars,
        "aide": Aide,
        "ab-mcts": AbMcts,
    },
    protocol=Strategy,
)
"""Each is made from a search's settings and the names of the strategy hints."""


def strategy_of(config: SearchConfig, hints: Sequence[str]) -> AnyStrategy:
    """Make the strategy that a search's settings name; raises SettingsError for an unknown one, or PluginError."""
    return STRATEGIES.make(config.strategy, config, hints)


def fixed_numbers(name: str) -> Mapping[str, object]:
    """Return the settings of a search that a strategy fixes: a package's strategy has them as its attribute `fixed`.

    Raises SettingsError for an unknown strategy, or PluginError.
    """
    if name in PRESETS:
        return PRESETS[name]
    found = getattr(STRATEGIES.find(name), "fixed", {})
    if not isinstance(found, Mapping):
        raise STRATEGIES.broken(name, "has an attribute `fixed` that is no mapping from settings to values")
    return found


def settled(config: SearchConfig) -> SearchConfig:
    """Return the config with what its strategy fixes; raises SettingsError for an unknown strategy, or PluginError."""
    fixed = fixed_numbers(config.strategy)
    if all(getattr(config, name, None) == value for name, value in fixed.items()):
        return config
    try:
        return changed(config, fixed)
    except SettingsError as error:
        told = ", ".join(f"{name} = {value}" for name, value in fixed.items())
        raise SettingsError(f"strategy {config.strategy!r}, which fixes {told}: {error}") from error
