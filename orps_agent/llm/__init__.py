"""Whatever answers prompts: endpoints, the embedded model, scripts; and the reading of their replies."""

from .base import ChatModel, Message, ModelReply, ModelRequest, Models, OnPiece

__all__ = ["ChatModel", "Message", "ModelReply", "ModelRequest", "Models", "OnPiece"]
