"""What stands before every request: tokens, foreign web pages, and what the answers may do in a browser."""

from __future__ import annotations

import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orps_agent.errors import AccessDenied, CannotRun
from orps_agent.util.logs import log

from .problem_details import answer_error, fault
from .service import Service

OPEN_TO_ALL = ("/healthz", "/readyz", "/", "/searches/")
"""What needs no token: whether the service lives, and the page's empty shell, which asks for the token itself."""
_OWN_NAMES = {"127.0.0.1", "localhost", "[::1]"}


class Guard:
    """Lets a request through to the app, with the token's client in its state, or answers it at once."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, seen = time.monotonic(), 0

        async def answer(message: Message) -> None:
            nonlocal seen
            if message["type"] == "http.response.start":
                seen = message["status"]
                _harden(MutableHeaders(scope=message))
            await send(message)

        try:
            client = await self._client(scope)
        except (AccessDenied, CannotRun) as error:
            await _refusal(error)(scope, receive, answer)
        else:
            scope.setdefault("state", {})["client"] = client
            await self._app(scope, receive, answer)
        route = getattr(scope.get("route"), "path", "none")
        self._service.metrics.requests.labels(scope["method"], route, seen).inc()
        log.debug("request", method=scope["method"], route=route, status=seen, seconds=time.monotonic() - started)

    async def _client(self, scope: Scope) -> str | None:
        """The token's client; None where there are no tokens. Raises AccessDenied."""
        headers = Headers(scope=scope)
        _refuse_foreign_pages(scope["method"], headers)
        path: str = scope["path"]
        if path in OPEN_TO_ALL or path.startswith("/searches/"):
            return None
        if not await self._service.tokens.needed():
            # Another name for this machine is what a web page uses to get round its browser's same-origin rule.
            name = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
            if name not in _OWN_NAMES:
                raise AccessDenied(f"the service answers to localhost and 127.0.0.1 only, not to {name!r}")
            return None
        kind, _, secret = headers.get("authorization", "").partition(" ")
        client = await self._service.tokens.client(secret.strip()) if kind.lower() == "bearer" else None
        if client is None:
            raise _Unauthorised("send a token that is in force, as `Authorization: Bearer TOKEN`")
        return client


class _Unauthorised(AccessDenied):
    """401 in place of 403."""


def _refusal(error: AccessDenied | CannotRun) -> ASGIApp:
    if isinstance(error, _Unauthorised):
        return fault(AccessDenied.__name__, 401, str(error), {"www-authenticate": "Bearer"})
    return answer_error(None, error)


def _refuse_foreign_pages(method: str, headers: Headers) -> None:
    """Keep web pages of others from doing anything in the name of a user who has the service open."""
    origin = headers.get("origin")
    if method in ("GET", "HEAD") or origin is None:
        return
    if origin.partition("://")[2] != headers.get("host"):
        raise AccessDenied(f"a page of {origin} may not ask this service for anything")


def _harden(headers: MutableHeaders) -> None:
    headers.setdefault("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
    headers.setdefault("cache-control", "no-store")
    headers["x-content-type-options"] = "nosniff"
    headers["referrer-policy"] = "no-referrer"
    headers["x-frame-options"] = "DENY"
    headers["cross-origin-resource-policy"] = "same-origin"
