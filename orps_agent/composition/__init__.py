"""orps inside something larger: a node of somebody's graph, a tool of somebody's agent."""

from .graph import build_search
from .request import SearchOutcome, SearchRequest
from .tool import as_tool

__all__ = ["SearchOutcome", "SearchRequest", "as_tool", "build_search"]
