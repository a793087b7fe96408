"""Check every request before it reaches the app (tokens, foreign web pages), and set security headers on answers."""

from __future__ import annotations

import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orps_agent.errors import AccessDenied, CannotRun
from orps_agent.util.logs import log

from .problem_details import answer_error, problem_response
from .service import Service

OPEN_TO_ALL = ("/healthz", "/readyz", "/", "/searches/")
"""Paths that need no token: the health checks, and the empty shells of the pages, which request the token."""
_OWN_NAMES = {"127.0.0.1", "localhost", "[::1]"}


class Guard:
    """Pass a permitted request to the app, with the token's client in its state, and reject any other."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, seen = time.monotonic(), 0

        async def answer(message: Message) -> None:
            nonlocal seen
            if message["type"] == "http.response.start":
                seen = message["status"]
                _set_security_headers(MutableHeaders(scope=message))
            await send(message)

        try:
            client = await self._client(scope)
        except (AccessDenied, CannotRun) as error:
            await _rejection(error)(scope, receive, answer)
        else:
            scope.setdefault("state", {})["client"] = client
            await self._app(scope, receive, answer)
        route = getattr(scope.get("route"), "path", "none")
        self._service.metrics.requests.labels(scope["method"], route, seen).inc()
        log.debug("request", method=scope["method"], route=route, status=seen, seconds=time.monotonic() - started)

    async def _client(self, scope: Scope) -> str | None:
        """Return the token's client, or None for a path or a service that needs no token; raise AccessDenied."""
        headers = Headers(scope=scope)
        _reject_foreign_pages(scope["method"], headers)
        path: str = scope["path"]
        if path in OPEN_TO_ALL or path.startswith("/searches/"):
            return None
        if not await self._service.tokens.needed():
            # A web page can circumvent its browser's same-origin rule with another name for this machine.
            name = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
            if name not in _OWN_NAMES:
                raise AccessDenied(f"the service is reachable as localhost or 127.0.0.1 only, not as {name!r}")
            return None
        kind, _, secret = headers.get("authorization", "").partition(" ")
        client = await self._service.tokens.client(secret.strip()) if kind.lower() == "bearer" else None
        if client is None:
            raise _Unauthorised("send a valid token as `Authorization: Bearer TOKEN`")
        return client


class _Unauthorised(AccessDenied):
    """Report a missing or invalid token, with HTTP status 401 instead of 403."""


def _rejection(error: AccessDenied | CannotRun) -> ASGIApp:
    if isinstance(error, _Unauthorised):
        return problem_response(AccessDenied.__name__, 401, str(error), {"www-authenticate": "Bearer"})
    return answer_error(None, error)


def _reject_foreign_pages(method: str, headers: Headers) -> None:
    """Raise AccessDenied for a change requested by a web page of another origin, in the name of its visitor."""
    origin = headers.get("origin")
    if method in ("GET", "HEAD") or origin is None:
        return
    if origin.partition("://")[2] != headers.get("host"):
        raise AccessDenied(f"a page of {origin} may not send requests to this service")


def _set_security_headers(headers: MutableHeaders) -> None:
    headers.setdefault("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
    headers.setdefault("cache-control", "no-store")
    headers["x-content-type-options"] = "nosniff"
    headers["referrer-policy"] = "no-referrer"
    headers["x-frame-options"] = "DENY"
    headers["cross-origin-resource-policy"] = "same-origin"
