"""Build the ASGI app of the service: API routes, pages, access control, health checks and metrics."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import partial

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from orps_agent.errors import OrpsError, StoreError

from .middleware import Guard
from .openapi import openapi
from .pages import Pages
from .problem_details import answer_error, answer_http, problem_response
from .routes import ROUTES
from .service import Service


def create_app(service: Service) -> Starlette:
    """Build the app of a service that is already open."""
    schema, pages = json.dumps(openapi()), Pages()

    async def describe(_service: Service, _request: Request) -> Response:
        return Response(schema, media_type="application/json")

    own: list[tuple[str, str, Callable[[Service, Request], Awaitable[Response]]]] = [
        ("GET", "/healthz", _alive),
        ("GET", "/readyz", _ready),
        ("GET", "/metrics", _metrics),
        ("GET", "/openapi.json", describe),
        ("GET", "/", pages.searches),
        ("GET", "/searches/{search}", pages.search),
        *((each.method, each.path, each.handler) for each in ROUTES),
    ]
    return Starlette(
        routes=[StarletteRoute(path, partial(answer, service), methods=[method]) for method, path, answer in own],
        middleware=[Middleware(Guard, service=service)],
        exception_handlers={OrpsError: answer_error, HTTPException: answer_http},
    )


async def _alive(_service: Service, _request: Request) -> Response:
    return Response("alive\n", media_type="text/plain")


async def _ready(service: Service, _request: Request) -> Response:
    if service.draining:
        return problem_response(
            "SearchInterrupted", 503, "the service is stopping: use another instance, or try again after the restart"
        )
    try:
        await service.store.queue_length()
    except StoreError as error:
        return answer_error(_request, error)
    return Response("ready\n", media_type="text/plain")


async def _metrics(service: Service, _request: Request) -> Response:
    metrics = service.metrics
    metrics.running.set(service.running)
    metrics.queued.set(max(0, await service.store.queue_length() - service.running))
    metrics.watchers.set(service.feed.watchers)
    return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)
