"""The LangGraph machines: the search, and a candidate's way through its stages. Wiring and short nodes."""

from .context import SearchContext
from .search import SearchInput, SearchState, build_machine, recursion_limit

__all__ = ["SearchContext", "SearchInput", "SearchState", "build_machine", "recursion_limit"]
