"""Runs the service in a process: opens the door only as far as it is safe, and leaves in order."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import anyio
import uvicorn

from orps_agent.errors import AccessDenied, ServiceError
from orps_agent.settings import Settings
from orps_agent.store import store_of
from orps_agent.util.tasks import background_tasks

from .app import create_app
from .service import Service
from .tokens import Tokens

_LOCAL = {"127.0.0.1", "localhost", "::1"}
_CLOSING_SECONDS = 5
"""How long answers that are being sent may take once everything else has ended."""


async def serve(settings: Settings, say: Callable[[str], None]) -> int:
    """Serve until a signal comes, then drain; a second one stops at once. Returns the signal's number.

    Raises AccessDenied for an address that others can reach while there is no token, ServiceError for one that
    cannot be listened on.
    """
    host, port = settings.serve.host, settings.serve.port
    await _refuse_open_door(settings)
    listener = _listen(host, port)
    async with Service(settings) as service:
        config = uvicorn.Config(
            create_app(service),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_CLOSING_SECONDS,
        )
        server = _Server(config)
        seen = _Seen()
        async with background_tasks(partial(_watch_signals, service, server, seen, say)):
            name = f"[{host}]" if ":" in host else host
            say(f"serving {settings.db} at http://{name}:{listener.getsockname()[1]}")
            await server.serve(sockets=[listener])
    return seen.number


class _Seen:
    number = 0


class _Server(uvicorn.Server):
    """Leaves signals to us: what runs must be wound down before the answers are cut off."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


async def _refuse_open_door(settings: Settings) -> None:
    if settings.serve.host in _LOCAL:
        return
    async with store_of(settings) as store:
        if not await Tokens(store).in_force():
            raise AccessDenied(
                f"host {settings.serve.host}: others could reach the service and there is no token yet:"
                " make one with `orps token create NAME`, or leave --host out"
            )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise ServiceError(f"{host}:{port}: {error.strerror or error}; choose another --host or --port") from error


async def _watch_signals(service: Service, server: uvicorn.Server, seen: _Seen, say: Callable[[str], None]) -> None:
    async with anyio.create_task_group() as tasks:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for number in signals:
                if seen.number:
                    os._exit(128 + number)  # everything finished is committed; the next start goes on with the rest
                seen.number = number
                say("stopping: finishing what is in flight; once more to stop at once")
                tasks.start_soon(_drain, service, server)


async def _drain(service: Service, server: uvicorn.Server) -> None:
    await service.drain()
    server.should_exit = True
