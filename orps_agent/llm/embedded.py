"""A GGUF model that runs inside this process, behind an OpenAI-compatible server on loopback."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio
import anyio.to_thread
from pydantic import SecretStr

from orps_agent.endpoints import CallPolicy, EndpointSettings, RoleSettings
from orps_agent.errors import ModelFileError

from .base import ModelReply, ModelRequest, OnPiece
from .endpoint import Endpoint
from .pool import EndpointModel

CONTEXT = 4096
"""Tokens of prompt and reply that one call may have."""
SLOTS = 4
"""How many calls are answered at the same time. Each slot computes a prompt that they share anew, so that more of them
cost more than batching gains."""
_SECONDS = 3600.0  # a call on a busy machine is slow, not lost: there is nothing between us and the server


class EmbeddedModel:
    """Answers from a GGUF file, without a network and without a key.

        async with EmbeddedModel(path) as model:
            reply = await model.complete(request)

    Entering loads the model, which takes seconds; it raises ModelFileError when the file cannot be loaded or the
    runtime is not installed. The server listens on loopback only, and only to who knows the key that is made up here.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str | None = None,
        role: RoleSettings | None = None,
        slots: int = SLOTS,
        context: int = CONTEXT,
    ) -> None:
        self.name = name or path.name
        self._role = role
        self._path = path
        self._slots = slots
        self._context = context
        self._key = secrets.token_urlsafe()
        self._server: Any = None
        self._endpoint: EndpointModel | None = None

    async def __aenter__(self) -> Self:
        self._server = await anyio.to_thread.run_sync(self._start)
        url = f"{self._server.listening_address}/v1"
        endpoint = EndpointSettings(
            base_url=url,
            api_key=SecretStr(self._key),
            timeout_seconds=_SECONDS,
            max_calls=self._slots,
            structured="never",  # its critic's few tokens do not hold a JSON object
        )
        policy = CallPolicy(retries=0, deadline_seconds=_SECONDS)
        self._endpoint = EndpointModel(self.name, [Endpoint(endpoint, self.name)], policy=policy, role=self._role)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections and unload the model."""
        if self._endpoint is not None:
            await self._endpoint.__aexit__(kind, error, trace)
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._stop)

    async def complete(self, request: ModelRequest, on_piece: OnPiece | None = None) -> ModelReply:
        """One reply; calls beyond the slots wait for their turn."""
        if self._endpoint is None:
            raise ModelFileError(f"model {self.name} is not loaded: use it inside `async with`")
        return await self._endpoint.complete(request, on_piece)

    def _start(self) -> Any:
        try:
            import xllamacpp  # noqa: PLC0415 - an extra, and slow to import
        except ImportError as error:
            raise ModelFileError(f"model {self.name} needs xllamacpp: pip install 'orps-agent[local]'") from error
        if not self._path.is_file():
            raise ModelFileError(f"model file {self._path} is not there: run `orps model pull`")
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(self._path)
        parameters.n_ctx = self._context * self._slots
        parameters.n_parallel = self._slots
        parameters.cpuparams.n_threads = _threads()
        parameters.verbosity = -1
        parameters.cache_ram_mib = 0  # prompts of a search are short: keeping old ones grows to gigabytes for nothing
        parameters.hostnames = ["127.0.0.1"]
        parameters.port = 0
        parameters.api_keys = [self._key]
        parameters.ui = False
        try:
            return xllamacpp.Server(parameters)
        except RuntimeError as error:
            said = " ".join(str(error).split()) or "no reason given"
            raise ModelFileError(f"model file {self._path} cannot be loaded ({said}): fetch it again") from error

    def _stop(self) -> None:
        """Drop the last reference; the server's destructor ends its threads."""
        self._server = None


def _threads() -> int:
    """All cores but one: the runtime's threads wait for each other spinning, and stall when candidates hold a core."""
    return max(1, len(os.sched_getaffinity(0)) - 1)
