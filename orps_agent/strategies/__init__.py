"""Decide how a search tree grows: pure value machines that propose expansions and receive their rewards."""

from .base import AnyStrategy, EndReason, Expansion, Outlook, Score, Strategy, StrategyState
from .orps import Orps, OrpsState
from .registry import STRATEGIES, fixed_numbers, settled, strategy_of
from .stepwise import Growth, ScoredTree, StepState, Stepwise

__all__ = [
    "STRATEGIES",
    "AnyStrategy",
    "EndReason",
    "Expansion",
    "Growth",
    "Orps",
    "OrpsState",
    "Outlook",
    "Score",
    "ScoredTree",
    "StepState",
    "Stepwise",
    "Strategy",
    "StrategyState",
    "fixed_numbers",
    "settled",
    "strategy_of",
]
