"""A GGUF model that runs inside this process, behind an OpenAI-compatible server on loopback."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio.to_thread
from pydantic import SecretStr

from orps_agent.errors import ModelFileError
from orps_agent.settings import EndpointSettings

from .base import ModelReply, ModelRequest
from .endpoint import EndpointModel

CONTEXT = 4096
"""Tokens of prompt and reply that one call may have."""
SLOTS = 8
"""How many calls are answered at the same time."""


class EmbeddedModel:
    """Answers from a GGUF file, without a network and without a key.

        async with EmbeddedModel(path) as model:
            reply = await model.complete(request)

    Entering loads the model, which takes seconds; raises ModelFileError when it cannot be loaded, or when the
    runtime is not installed.
    """

    def __init__(self, path: Path, *, name: str | None = None, slots: int = SLOTS, context: int = CONTEXT) -> None:
        self.name = name or path.name
        self._path = path
        self._slots = slots
        self._context = context
        self._server: Any = None
        self._endpoint: EndpointModel | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    async def complete(self, request: ModelRequest) -> ModelReply:
        raise ModelFileError("not there yet")
