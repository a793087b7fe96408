"""Keep the former import path of `orps_agent.integrations.langgraph` for programs that use it."""

from orps_agent.integrations.langgraph import SearchOutcome, SearchRequest, as_tool, build_search

__all__ = ["SearchOutcome", "SearchRequest", "as_tool", "build_search"]
