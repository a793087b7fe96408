"""Embed orps in LangGraph and LangChain: as a node of a graph, or as a tool of an agent."""

from .langchain_tool import as_tool
from .request import SearchOutcome, SearchRequest
from .subgraph import build_search

__all__ = ["SearchOutcome", "SearchRequest", "as_tool", "build_search"]
