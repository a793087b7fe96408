"""How a tree grows: value machines that are asked for expansions and told their rewards."""

from .orps import Expansion, Orps, OrpsState, Score

__all__ = ["Expansion", "Orps", "OrpsState", "Score"]
