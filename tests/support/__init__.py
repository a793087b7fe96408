"""Help the tests: everything that more than one of their files uses."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The root of the checkout."""
