"""Enforce the limits of a search: its budget and account, working time, and the prices of tokens."""

from .account import Account, Budget

__all__ = ["Account", "Budget"]
