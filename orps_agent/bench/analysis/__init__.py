"""Analyse the records of bench runs: measures, intervals, comparisons of methods."""
