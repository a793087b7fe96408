"""How a tree grows: value machines that are asked for expansions and told their rewards."""

from .base import AnyStrategy, EndReason, Expansion, Outlook, Score, Strategy, StrategyState
from .orps import Orps, OrpsState
from .registry import STRATEGIES, fixed_numbers, settled, strategy_of
from .stepwise import Grown, Growth, StepState, Stepwise

__all__ = [
    "STRATEGIES",
    "AnyStrategy",
    "EndReason",
    "Expansion",
    "Grown",
    "Growth",
    "Orps",
    "OrpsState",
    "Outlook",
    "Score",
    "StepState",
    "Stepwise",
    "Strategy",
    "StrategyState",
    "fixed_numbers",
    "settled",
    "strategy_of",
]
