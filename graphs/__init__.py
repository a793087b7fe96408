"""The LangGraph machines: the search, and a candidate's way through its stages. Wiring and short nodes."""

from .context import SearchContext, SearchInput
from .search_graph import SearchState, build_machine, recursion_limit

__all__ = ["SearchContext", "SearchInput", "SearchState", "build_machine", "recursion_limit"]
