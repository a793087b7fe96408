"""Provide a store in memory, for tests, benchmarks and embedding: nothing survives the process."""

from .memory_store import MemoryStore

__all__ = ["MemoryStore"]
