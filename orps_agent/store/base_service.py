"""Define the Protocols of a store that only services and benchmarks use: queue, tokens, and bench records."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol, TypeVar, Unpack

from pydantic import BaseModel

from .records import BenchRun, QueueEntry, SearchChanges, Token

Result = TypeVar("Result", bound=BaseModel)


class Queue(Protocol):
    """Store the service's queue: submitted searches that have not ended. A restarted service continues with them."""

    async def enqueue(self, entry: QueueEntry, **changed: Unpack[SearchChanges]) -> None:
        """Put a stored search into the queue, or back into it, and set attributes of it in the same transaction.

        The search is `queued` then. A search that is put back keeps its client and key.
        """
        ...

    async def next_in_queue(self, running: Collection[str], busy: Collection[str]) -> QueueEntry | None:
        """Return the next entry to run, except those in `running` and those of clients in `busy`."""
        ...

    async def queue_entry(self, search: str) -> QueueEntry | None:
        """Return the entry of a search; None when it was never submitted."""
        ...

    async def queue_entries(self, searches: Collection[str]) -> dict[str, QueueEntry]:
        """Return the entries of several searches, of those that have one."""
        ...

    async def queue_entry_by_key(self, client: str, key: str) -> QueueEntry | None:
        """Return the entry that a client has submitted with an idempotency key; None without one."""
        ...

    async def searches_of(self, client: str) -> list[str]:
        """Return the ids of all searches that a client has submitted."""
        ...

    async def queue_length(self) -> int:
        """Return the number of searches that wait or run."""
        ...

    async def leave_queue(self, search: str, **changed: Unpack[SearchChanges]) -> None:
        """Mark the entry of a search, if it has one, as done, and set attributes of it in the same transaction."""
        ...

    async def postpone(self, search: str, seconds: float) -> None:
        """Postpone a queued search by some seconds, and count the try."""
        ...


class Tokens(Protocol):
    """Store the tokens of the service's clients; revoked ones are kept, so that they stay refused."""

    async def add_token(self, token: Token) -> None:
        """Store a new token."""
        ...

    async def tokens(self) -> list[Token]:
        """Return all tokens, oldest first."""
        ...

    async def revoke_token(self, token: str, at: float) -> bool:
        """Revoke a token from a Unix time on; return True when a token with this id was in force."""
        ...


class BenchRecords(Protocol):
    """Store the results of bench runs, by the search; they are kept when the searches are removed."""

    async def keep_bench_record(self, run: BenchRun, record: BaseModel) -> None:
        """Store a record, in place of an earlier one of its search."""
        ...

    async def bench_records(
        self, record_type: type[Result], searches: Collection[str] | None = None
    ) -> dict[str, Result]:
        """Return the records of these searches, or all, by the search's id; by dataset, problem, method and seed."""
        ...
