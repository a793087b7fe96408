"""The former import path of the graph that LangGraph's servers serve, kept for files `langgraph.json` that name it."""

from orps_agent.integrations.langgraph.langgraph_server import graph

__all__ = ["graph"]
