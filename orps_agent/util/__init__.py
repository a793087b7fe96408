"""Provide helpers that are independent of searches: cores, logs, compiling, tasks, text."""
