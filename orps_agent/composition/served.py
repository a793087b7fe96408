"""Keep the former import path of the served graph, for files `langgraph.json` that name it."""

from orps_agent.integrations.langgraph.langgraph_server import graph

__all__ = ["graph"]
