"""A coding agent that searches for correct and fast code instead of sampling it once."""
