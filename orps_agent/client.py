"""A client of the service: what an `Agent` does here, done there.

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
"""A stream from which nothing comes for so long is dead: the service says every few seconds that it lives."""
_LONGEST_WAIT = 30.0


class Client:
    """Asks the service at an address, with a token where it wants one.

    Every method raises what the service answered, as the class of `orps_agent.errors` that it was there, or
    ServiceError when nobody answers, or somebody else.
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
        """Put a search into the queue; when this returns, it will be run, whatever happens to the service.

        Of the config only what was set counts, the rest is the service's. A second call with the same `key` comes
        back to the same search; without one, this call has a key of its own, so that it is safe to repeat it within.
        """
        asked = Submission(problem=problem, config=config, budget=budget, priority=priority, client=client)
        return await self._patiently("/api/searches", ServedSearch, asked, key)

    async def list(self, limit: int = 100) -> tuple[ServedSearch, ...]:
        """The latest searches, newest first."""
        return (await self._ask("GET", f"/api/searches?limit={limit}", SearchList)).searches

    async def get(self, search: str) -> ServedSearch:
        """What is known of a search."""
        return await self._ask("GET", f"/api/searches/{search}", ServedSearch)

    async def document(self, search: str) -> SearchDocument:
        """Return the search with its tree and its calls."""
        return await self._ask("GET", f"/api/searches/{search}/document", SearchDocument)

    async def result(self, search: str) -> SearchResult:
        """What it has found so far."""
        return await self._ask("GET", f"/api/searches/{search}/result", SearchResult)

    async def cancel(self, search: str) -> ServedSearch:
        """End it, keeping what it found; what is in flight is stored first."""
        return await self._patiently(f"/api/searches/{search}/cancel", ServedSearch)

    async def resume(self, search: str, *, budget: Budget | None = None, priority: int = 0) -> ServedSearch:
        """Go on with it, with a larger budget where that had ended it."""
        asked = Resumption(budget=budget, priority=priority)
        return await self._patiently(f"/api/searches/{search}/resume", ServedSearch, asked)

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
        """A new search that goes on from candidate `at`, with another critique or other code, or other numbers.

        `key` as in `submit`.
        """
        asked = Fork(at=at, critique=critique, code=code, config=config, priority=priority)
        return await self._patiently(f"/api/searches/{search}/fork", ServedSearch, asked, key)

    async def watch(self, search: str, *, after: int = 0) -> AsyncIterator[StoredEvent]:
        """What the search has told behind event `after` and what it tells from now on, until it has ended.

        A stream that breaks off is taken up where it was, for as long as the client's patience lasts with a service
        that does not answer; no event is lost or comes twice.
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
                    raise ServiceError(f"{self._http.base_url}: {_words(error)}; is the service running?") from error
            await anyio.sleep(pause)
            waited, pause = waited + pause, min(2 * pause, _LONGEST_WAIT)

    async def _stream(self, search: str, after: int) -> AsyncIterator[tuple[str, str]]:
        """Name and data of each message of one connection."""
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

    async def _patiently(
        self, path: str, kind: type[Answer], asked: BaseModel | None = None, key: str | None = None
    ) -> Answer:
        """Post, and again while nobody answers: for what is safe to be asked twice, by its nature or by its key."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        waited, pause = 0.0, 0.5
        while True:
            try:
                return await self._ask("POST", path, kind, asked, headers)
            except ServiceError:
                if waited >= self._patience:
                    raise
            await anyio.sleep(pause)
            waited, pause = waited + pause, min(2 * pause, _LONGEST_WAIT)

    async def _ask(
        self,
        method: str,
        path: str,
        kind: type[Answer],
        asked: BaseModel | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        given: dict[str, Any] = {"headers": headers or {}}
        if asked is not None:
            given["content"] = asked.model_dump_json(exclude_unset=True)
            given["headers"] = given["headers"] | {"Content-Type": "application/json"}
        try:
            answer = await self._http.request(method, path, **given)
        except httpx.HTTPError as error:
            raise ServiceError(f"{self._http.base_url}: {_words(error)}; is the service running?") from error
        if not answer.is_success:
            raise _error(answer)
        return _read(kind, answer.text)


def _read(kind: type[Answer], text: str) -> Answer:
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise ServiceError(f"the answer is not a {kind.__name__}: is the service of this version?") from error


def _error(answer: httpx.Response) -> OrpsError:
    """What the service says is wrong, as the error that it was there."""
    try:
        fault = Fault.model_validate_json(answer.text)
    except ValidationError:
        return ServiceError(f"{answer.url}: HTTP {answer.status_code}, from something that is no service of orps")
    kind = getattr(errors, fault.title, None)
    if isinstance(kind, type) and issubclass(kind, OrpsError):
        return kind(fault.detail)
    return ServiceError(f"{answer.url}: {fault.detail}")


def _words(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__
