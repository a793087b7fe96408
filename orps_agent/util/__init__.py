"""Helpers that know nothing of searches: cores, logs, compiling, tasks, text."""
