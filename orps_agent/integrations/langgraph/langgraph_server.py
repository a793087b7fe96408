"""Define the graph that `langgraph dev` and LangGraph's servers serve (see langgraph.json), with their checkpoints.

These servers reject code that blocks their event loop, so results are committed in a thread, whatever the settings
say.
"""

from __future__ import annotations

from orps_agent.settings import load_settings

from .subgraph import build_search

graph = build_search(settings=load_settings(commits="thread"))
