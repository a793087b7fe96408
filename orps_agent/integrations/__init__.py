"""Searches inside other systems: LangGraph, LangChain, the Model Context Protocol."""
