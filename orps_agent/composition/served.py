"""What `langgraph dev` and LangGraph's servers serve: see langgraph.json. Checkpoints are theirs."""

from __future__ import annotations

from .graph import build_search

graph = build_search()
