"""Provide the chat models (OpenAI-compatible endpoints, embedded, scripted, recorded) and parse their replies."""
