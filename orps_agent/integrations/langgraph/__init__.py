"""orps inside something larger: a node of somebody's graph, a tool of somebody's agent."""

from .langchain_tool import as_tool
from .request import SearchOutcome, SearchRequest
from .subgraph import build_search

__all__ = ["SearchOutcome", "SearchRequest", "as_tool", "build_search"]
