"""What `langgraph dev` and LangGraph's servers serve: see langgraph.json. Checkpoints are theirs.

They refuse whatever blocks their event loop, so that results are committed in a thread here, whatever the settings say.
"""

from __future__ import annotations

from orps_agent.settings import load_settings

from .subgraph import build_search

graph = build_search(settings=load_settings(commits="thread"))
