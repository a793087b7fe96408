"""Run the service in a process: listen only where it is safe, and shut down gracefully on a signal."""

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
"""Seconds that answers being sent may still take once everything else has ended."""


async def serve(settings: Settings, show_message: Callable[[str], None]) -> int:
    """Serve until a signal arrives, then drain; stop at once on a second one. Return the signal's number.

    Raises AccessDenied for an address that other machines can reach while there is no token, ServiceError for an
    address that cannot be listened on.
    """
    host, port = settings.serve.host, settings.serve.port
    await _require_token_if_reachable(settings)
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
        received = _ReceivedSignal()
        async with background_tasks(partial(_watch_signals, service, server, received, show_message)):
            name = f"[{host}]" if ":" in host else host
            show_message(f"serving {settings.db} at http://{name}:{listener.getsockname()[1]}")
            await server.serve(sockets=[listener])
    return received.number


class _ReceivedSignal:
    number = 0


class _Server(uvicorn.Server):
    """Run uvicorn without its signal handlers: running searches must stop before connections are closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals."""
        yield


async def _require_token_if_reachable(settings: Settings) -> None:
    if settings.serve.host in _LOCAL:
        return
    async with store_of(settings) as store:
        if not await Tokens(store).in_force():
            raise AccessDenied(
                f"host {settings.serve.host}: other machines could reach the service and there is no token yet:"
                " create one with `orps token create NAME`, or omit --host"
            )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise ServiceError(f"{host}:{port}: {error.strerror or error}; choose another --host or --port") from error


async def _watch_signals(
    service: Service, server: uvicorn.Server, received: _ReceivedSignal, show_message: Callable[[str], None]
) -> None:
    async with anyio.create_task_group() as tasks:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for number in signals:
                if received.number:
                    os._exit(128 + number)  # everything finished is committed; the next start continues the rest
                received.number = number
                show_message("stopping: finishing the calls in flight; interrupt again to stop at once")
                tasks.start_soon(_drain, service, server)


async def _drain(service: Service, server: uvicorn.Server) -> None:
    await service.drain()
    server.should_exit = True
