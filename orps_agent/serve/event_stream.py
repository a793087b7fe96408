"""Stream the events of a search as server-sent events, numbered so that a client can reconnect without a loss."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request

from orps_agent.domain.search import ACTIVE
from orps_agent.errors import RequestError

from .service import Service

_LARGEST = 2**63 - 1


async def stream(service: Service, search_id: str, after: int) -> AsyncIterator[bytes]:
    """Yield the events after number `after` as messages, then `ended` with the search's state.

    A stream without `ended` was cut off because the service stops: the client has to reconnect.
    """
    yield b": events of the search\nretry: 1000\n\n"
    async for events in service.feed.watch(search_id, after):
        yield b"".join(each.message for each in events) or b": still there\n\n"
    search = await service.get(search_id)
    if search.state not in ACTIVE:
        yield f"event: ended\ndata: {search.model_dump_json()}\n\n".encode()


def last_event_id(request: Request) -> int:
    """Return the number of the last event that the client has received, 0 for none; raise RequestError."""
    given = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
    if not given.isascii() or not given.isdigit() or len(given) > 19 or int(given) > _LARGEST:
        raise RequestError(f"last event {given[:40]!r}: the id of an event is a whole number")
    return int(given)
