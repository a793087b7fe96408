"""Register the strategies by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from orps_agent.settings import SearchConfig
from orps_agent.settings.presets import StrategyName

from .ab_mcts import AbMcts
from .aide import Aide
from .base import AnyStrategy
from .dars import Dars
from .mcts import Mcts
from .orps import Orps
from .rro import Rro
from .sra_mcts import SraMcts

STRATEGIES: Mapping[StrategyName, Callable[[SearchConfig, Sequence[str]], AnyStrategy]] = {
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
}
"""Constructors, called with a search's settings and the names of the strategy hints."""


def strategy_of(config: SearchConfig, hints: Sequence[str]) -> AnyStrategy:
    """Return the strategy named in a search's settings."""
    return STRATEGIES[config.strategy](config, hints)
