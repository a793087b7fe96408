"""How a tree grows: value machines that are asked for expansions and told their rewards."""

from .baselines import BASELINES, numbers
from .orps import Expansion, Orps, OrpsState, Score

__all__ = ["BASELINES", "Expansion", "Orps", "OrpsState", "Score", "numbers"]
