"""Provide the chat models (OpenAI-compatible endpoints, embedded, scripted, recorded) and parse their replies."""

from .base import ChatModel, Message, ModelReply, ModelRequest, Models, OnPiece

__all__ = ["ChatModel", "Message", "ModelReply", "ModelRequest", "Models", "OnPiece"]
