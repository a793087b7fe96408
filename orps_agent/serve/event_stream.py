"""Server-sent events: what a search tells, with numbers to come back to."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request

from orps_agent.domain.search import ACTIVE
from orps_agent.errors import RequestError

from .service import Service

_LARGEST = 2**63 - 1


async def stream(service: Service, search_id: str, after: int) -> AsyncIterator[bytes]:
    """The events behind a number, then `ended` with the search's state; without it, come back: the service stops."""
    yield b": what the search tells\nretry: 1000\n\n"
    async for events in service.feed.watch(search_id, after):
        yield b"".join(each.message for each in events) or b": still there\n\n"
    search = await service.get(search_id)
    if search.state not in ACTIVE:
        yield f"event: ended\ndata: {search.model_dump_json()}\n\n".encode()


def after_which(request: Request) -> int:
    """The number of the last event that the client has seen, 0 for none; raises RequestError."""
    given = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
    if not given.isascii() or not given.isdigit() or len(given) > 19 or int(given) > _LARGEST:
        raise RequestError(f"last event {given[:40]!r}: the id of an event is a whole number")
    return int(given)
