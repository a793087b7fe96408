"""Access the service from Python: the operations of an `Agent`, executed by a server.

async with Client("http://127.0.0.1:8787") as client:
    search = await client.submit(problem)
    async for event in client.watch(search.id):
        print(event.kind)
    print((await client.result(search.id)).code)
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio
import httpx
from pydantic import BaseModel, ValidationError

from . import errors
from .budget.account import Budget
from .domain.document import SearchDocument
from .domain.events import StoredEvent
from .domain.problem import Problem
from .domain.result import SearchResult
from .errors import OrpsError, ServiceError
from .serve.schemas import Fault, Fork, Resumption, SearchList, ServedSearch, Submission
from .settings import SearchConfig

Answer = TypeVar("Answer", bound=BaseModel)
_SILENCE_SECONDS = 30.0
"""Seconds of silence after which a stream counts as broken: the service sends a sign of life every few seconds."""
_MAX_PAUSE_SECONDS = 30.0


class Client:
    """Send requests to the service at `url`, with a `token` where the service requires one.

    Every method raises the error that the service reports, as the same class of `orps_agent.errors`, or ServiceError
    when there is no answer or one that is not from the service. Requests that change something are safe to repeat and
    are retried for `patience_seconds`, as are broken event streams.
    """

    def __init__(self, url: str, *, token: str | None = None, patience_seconds: float = 60.0) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.AsyncClient(base_url=url, headers=headers, timeout=_SILENCE_SECONDS)
        self._patience = patience_seconds

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def submit(
        self,
        problem: Problem,
        config: SearchConfig | None = None,
        *,
        budget: Budget | None = None,
        priority: int = 0,
        client: str | None = None,
        key: str | None = None,
    ) -> ServedSearch:
        """Put a search into the queue; when this returns, the search is stored and will run, even after a crash.

        Only explicitly set fields of the config count; the service has its own values for the rest. A second call
        with the same `key` returns the same search. Without one, the call generates a key, so that its own retries
        are safe.
        """
        body = Submission(problem=problem, config=config, budget=budget, priority=priority, client=client)
        return await self._post_with_retries("/api/searches", ServedSearch, body, key)

    async def list(self, limit: int = 100) -> tuple[ServedSearch, ...]:
        """Return the latest searches, newest first."""
        return (await self._request("GET", f"/api/searches?limit={limit}", SearchList)).searches

    async def get(self, search: str) -> ServedSearch:
        """Return a search with its state in the service."""
        return await self._request("GET", f"/api/searches/{search}", ServedSearch)

    async def document(self, search: str) -> SearchDocument:
        """Return the search with its tree and its calls."""
        return await self._request("GET", f"/api/searches/{search}/document", SearchDocument)

    async def result(self, search: str) -> SearchResult:
        """Return what a search has found so far."""
        return await self._request("GET", f"/api/searches/{search}/result", SearchResult)

    async def cancel(self, search: str) -> ServedSearch:
        """End a search and keep what it found; calls in flight are stored first."""
        return await self._post_with_retries(f"/api/searches/{search}/cancel", ServedSearch)

    async def resume(self, search: str, *, budget: Budget | None = None, priority: int = 0) -> ServedSearch:
        """Continue a search, with a larger budget if its budget ended it."""
        body = Resumption(budget=budget, priority=priority)
        return await self._post_with_retries(f"/api/searches/{search}/resume", ServedSearch, body)

    async def fork(
        self,
        search: str,
        at: str,
        *,
        critique: str | None = None,
        code: str | None = None,
        config: SearchConfig | None = None,
        priority: int = 0,
        key: str | None = None,
    ) -> ServedSearch:
        """Start a search from candidate `at` with a different critique, code or settings.

        `key` works as in `submit`.
        """
        body = Fork(at=at, critique=critique, code=code, config=config, priority=priority)
        return await self._post_with_retries(f"/api/searches/{search}/fork", ServedSearch, body, key)

    async def watch(self, search: str, *, after: int = 0) -> AsyncIterator[StoredEvent]:
        """Yield the events of a search after number `after`, stored and future ones, until the search has ended.

        A broken stream is resumed where it was, without a lost or repeated event; ServiceError is raised when the
        service does not answer for `patience_seconds`.
        """
        waited, pause = 0.0, 0.5
        while True:
            try:
                async for name, data in self._stream(search, after):
                    waited, pause = 0.0, 0.5
                    if name == "ended":
                        return
                    event = _read(StoredEvent, data)
                    after = event.id
                    yield event
            except httpx.TransportError as error:
                if waited >= self._patience:
                    raise ServiceError(f"{self._http.base_url}: {_message(error)}; is the service running?") from error
            await anyio.sleep(pause)
            waited, pause = waited + pause, min(2 * pause, _MAX_PAUSE_SECONDS)

    async def _stream(self, search: str, after: int) -> AsyncIterator[tuple[str, str]]:
        """Yield name and data of each message of one connection."""
        headers = {"Last-Event-ID": str(after), "Accept": "text/event-stream"}
        async with self._http.stream("GET", f"/api/searches/{search}/events", headers=headers) as answer:
            if not answer.is_success:
                await answer.aread()
                raise _error(answer)
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(":")
                if line:
                    fields[name] = value.removeprefix(" ")
                elif "data" in fields:
                    yield fields.get("event", "message"), fields["data"]
                if not line:
                    fields = {}

    async def _post_with_retries(
        self, path: str, kind: type[Answer], body: BaseModel | None = None, key: str | None = None
    ) -> Answer:
        """Post a request, and retry while there is no answer: only for idempotent requests, or those with a key."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        waited, pause = 0.0, 0.5
        while True:
            try:
                return await self._request("POST", path, kind, body, headers)
            except ServiceError:
                if waited >= self._patience:
                    raise
            await anyio.sleep(pause)
            waited, pause = waited + pause, min(2 * pause, _MAX_PAUSE_SECONDS)

    async def _request(
        self,
        method: str,
        path: str,
        kind: type[Answer],
        body: BaseModel | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        given: dict[str, Any] = {"headers": headers or {}}
        if body is not None:
            given["content"] = body.model_dump_json(exclude_unset=True)
            given["headers"] = given["headers"] | {"Content-Type": "application/json"}
        try:
            answer = await self._http.request(method, path, **given)
        except httpx.HTTPError as error:
            raise ServiceError(f"{self._http.base_url}: {_message(error)}; is the service running?") from error
        if not answer.is_success:
            raise _error(answer)
        return _read(kind, answer.text)


def _read(kind: type[Answer], text: str) -> Answer:
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise ServiceError(
            f"the answer is not a {kind.__name__}: do client and service have the same version?"
        ) from error


def _error(answer: httpx.Response) -> OrpsError:
    """Convert an error answer to the error that the service raised, or to a ServiceError."""
    try:
        fault = Fault.model_validate_json(answer.text)
    except ValidationError:
        return ServiceError(f"{answer.url}: HTTP {answer.status_code}, from a server that is not an orps service")
    kind = getattr(errors, fault.title, None)
    if isinstance(kind, type) and issubclass(kind, OrpsError):
        return kind(fault.detail)
    return ServiceError(f"{answer.url}: {fault.detail}")


def _message(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__
