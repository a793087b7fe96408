"""Benchmarks: datasets, methods at equal budget, measures against the gold solutions, and reports."""
