"""Run a GGUF model inside this process, behind an OpenAI-compatible server on loopback."""

from __future__ import annotations

import secrets
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio
import anyio.to_thread
from pydantic import SecretStr

from orps_agent.errors import ModelFileError
from orps_agent.settings.endpoints import CallPolicy, EndpointSettings
from orps_agent.util.cpus import allowed_cores

CONTEXT = 4096
"""Maximum tokens of prompt and reply of one call."""
SLOTS = 4
"""Number of calls that are answered at the same time. Each slot recomputes the prompt that they share, so that more of
them cost more than batching gains."""
_SECONDS = 3600.0  # a call on a busy machine is slow, not lost: there is nothing between us and the server
POLICY = CallPolicy(retries=0, deadline_seconds=_SECONDS)
"""Retry policy of calls to an embedded model, which has no other endpoint to fall back to."""


class EmbeddedServer:
    """Serve a GGUF file at `url`, protected by a random key that is generated here.

        async with EmbeddedServer(path) as server:
            model = EndpointModel("embedded", [Endpoint(server.settings(), "embedded")], policy=POLICY)

    Entering loads the model, which takes seconds; it raises ModelFileError when the file cannot be loaded or the
    runtime is not installed. The server listens on loopback only.
    """

    def __init__(self, path: Path, *, name: str | None = None, slots: int = SLOTS, context: int = CONTEXT) -> None:
        self.name = name or path.name
        self.url = ""
        self._path = path
        self._slots = slots
        self._context = context
        self._key = secrets.token_urlsafe()
        self._server: Any = None

    async def __aenter__(self) -> Self:
        self._server = await anyio.to_thread.run_sync(self._start)
        self.url = f"{self._server.listening_address}/v1"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Unload the model."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._stop)

    def settings(self, given: EndpointSettings | None = None) -> EndpointSettings:
        """Return the endpoint settings: the user's own, completed with defaults for a model on the user's own cores."""
        given = given or EndpointSettings()
        own = {"timeout_seconds": _SECONDS, "structured": "never"}  # its critic's few tokens do not hold a JSON object
        fixed = {
            "base_url": self.url,
            "model": self.name,
            "api_key": SecretStr(self._key),
            "max_calls": min(given.max_calls, self._slots),
            "samples_per_request": min(given.samples_per_request, self._slots),
        }
        keys = {"api_key", "api_key_env", "api_key_file"}
        return EndpointSettings.model_validate(own | given.model_dump(exclude_unset=True, exclude=keys) | fixed)

    def _start(self) -> Any:
        try:
            import xllamacpp  # noqa: PLC0415 - an extra, and slow to import
        except ImportError as error:
            raise ModelFileError(f"model {self.name} needs xllamacpp: pip install 'orps-agent[local]'") from error
        if not self._path.is_file():
            raise ModelFileError(f"model file {self._path} does not exist: run `orps model pull`")
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(self._path)
        parameters.model_alias = {self.name}
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
            reason = " ".join(str(error).split()) or "no reason given"
            raise ModelFileError(f"model file {self._path} cannot be loaded ({reason}): fetch it again") from error

    def _stop(self) -> None:
        """Drop the last reference; the server's destructor ends its threads."""
        self._server = None


def _threads() -> int:
    """Return all cores but one: the runtime's threads spin while they wait, and stall when candidates occupy a core."""
    return max(1, len(allowed_cores()) - 1)
