"""Integrate searches into other systems: LangGraph, LangChain, the Model Context Protocol."""
