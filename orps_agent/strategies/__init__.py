"""Decide how a search tree grows: pure value machines that propose expansions and receive their rewards."""

from .base import AnyStrategy, Expansion, Outlook, Score, Strategy, StrategyState
from .orps import Orps, OrpsState
from .registry import STRATEGIES, strategy_of

__all__ = [
    "STRATEGIES",
    "AnyStrategy",
    "Expansion",
    "Orps",
    "OrpsState",
    "Outlook",
    "Score",
    "Strategy",
    "StrategyState",
    "strategy_of",
]
