"""List the routes of the service's API; the app and its OpenAPI schema are built from the list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from orps_agent.domain.document import SearchDocument
from orps_agent.domain.result import SearchResult
from orps_agent.errors import RequestError
from orps_agent.util.validation import first_problem

from .event_stream import last_event_id, stream
from .intake import client_of
from .schemas import Fork, ListQuery, Resumption, SearchList, ServedSearch, Submission
from .service import Service

Body = TypeVar("Body", bound=BaseModel)
LONGEST_KEY = 200


@dataclass(frozen=True)
class Route:
    """Describe one route of the API."""

    method: str
    path: str
    name: str
    description: str
    handler: Callable[[Service, Request], Awaitable[Response]]
    returns: type[BaseModel] | None
    """Model of a successful answer's body; None for a stream of events."""
    status: int = 200
    takes: type[BaseModel] | None = None
    """Model of the request's body; None for a request without one."""


async def _submit(service: Service, request: Request) -> Response:
    asked = await _body(service, request, Submission)
    client = client_of(asked.client, request.state.client)
    return _created(*await service.submit(asked, client, key=_key(request)))


async def _list(service: Service, request: Request) -> Response:
    try:
        query = ListQuery.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise RequestError(first_problem(error)) from error
    return _json(SearchList(searches=tuple(await service.latest(query.limit))))


async def _get(service: Service, request: Request) -> Response:
    return _json(await service.get(_search(request)))


async def _document(service: Service, request: Request) -> Response:
    return Response(await service.documents.get(_search(request)), media_type="application/json")


async def _result(service: Service, request: Request) -> Response:
    return _json(await service.archive.result(_search(request)))


async def _events(service: Service, request: Request) -> Response:
    search = await service.get(_search(request))
    events = stream(service, search.id, last_event_id(request))
    return StreamingResponse(events, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _cancel(service: Service, request: Request) -> Response:
    return _json(await service.cancel(_search(request)), 202)


async def _resume(service: Service, request: Request) -> Response:
    asked = await _body(service, request, Resumption)
    client = client_of(None, request.state.client)
    return _json(await service.resume(_search(request), asked, client), 202)


async def _fork(service: Service, request: Request) -> Response:
    asked = await _body(service, request, Fork)
    client = client_of(None, request.state.client)
    return _created(*await service.fork(_search(request), asked, client, key=_key(request)))


_ONE = "/api/searches/{search}"
ROUTES = (
    Route("POST", "/api/searches", "submit", "Put a search into the queue.", _submit, ServedSearch, 201, Submission),
    Route("GET", "/api/searches", "list", "List the latest searches, newest first.", _list, SearchList),
    Route("GET", _ONE, "get", "Return a search and its state in the queue.", _get, ServedSearch),
    Route(
        "GET",
        f"{_ONE}/document",
        "document",
        "Return the search with its tree and its model calls.",
        _document,
        SearchDocument,
    ),
    Route("GET", f"{_ONE}/result", "result", "Return what the search has found so far.", _result, SearchResult),
    Route("GET", f"{_ONE}/events", "watch", "Stream the search's events as server-sent events.", _events, None),
    Route("POST", f"{_ONE}/cancel", "cancel", "End the search and keep what it found.", _cancel, ServedSearch, 202),
    Route("POST", f"{_ONE}/resume", "resume", "Continue the search.", _resume, ServedSearch, 202, Resumption),
    Route(
        "POST", f"{_ONE}/fork", "fork", "Start a search from a candidate of this one.", _fork, ServedSearch, 201, Fork
    ),
)


def _created(search: ServedSearch, fresh: bool) -> Response:
    return _json(search, 201 if fresh else 200, {"location": f"/api/searches/{search.id}"})


def _key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise RequestError(f"the idempotency key has {len(key)} characters: between 1 and {LONGEST_KEY} are allowed")
    return key


def _search(request: Request) -> str:
    return str(request.path_params["search"])


async def _body(service: Service, request: Request, kind: type[Body]) -> Body:
    """Read and validate the body, no further than the size limit; raise HTTPException.

    Only the content type of JSON is accepted, because the form of a foreign page cannot send that.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "the body must be JSON: send `Content-Type: application/json`")
    most = service.settings.serve.body_kb * 1024
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise HTTPException(413, f"the body is larger than {service.settings.serve.body_kb} KiB (serve.body_kb)")
    try:
        return kind.model_validate_json(bytes(body) or b"{}")
    except ValidationError as error:
        broken = error.errors()[0]["type"] == "json_invalid"
        raise HTTPException(400 if broken else 422, first_problem(error)) from error


def _json(value: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(value.model_dump_json(), status, headers, media_type="application/json")
