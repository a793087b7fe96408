"""Limits of a search, the account that keeps them, working time, and the prices of tokens."""

from .account import Account, Budget

__all__ = ["Account", "Budget"]
