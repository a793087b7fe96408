"""What a store does for the rooms that serve and measure searches: the queue, tokens, and records of bench runs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol, TypeVar, Unpack

from pydantic import BaseModel

from .records import BenchRun, QueueEntry, SearchChanges, Token

Result = TypeVar("Result", bound=BaseModel)


class Queue(Protocol):
    """The service's queue: what was submitted and has not ended. A restarted service takes it up again."""

    async def enqueue(self, entry: QueueEntry, **changed: Unpack[SearchChanges]) -> None:
        """Put a stored search into the queue, or back into it, and set attributes of it in the same transaction.

        It is `queued` then. One that is put back keeps its client and key.
        """
        ...

    async def next_in_queue(self, running: Collection[str], busy: Collection[str]) -> QueueEntry | None:
        """Return the entry whose turn it is, but for those that are `running` and those of clients that are `busy`."""
        ...

    async def queue_entry(self, search: str) -> QueueEntry | None:
        """Return the entry of a search, if it was ever submitted."""
        ...

    async def queue_entries(self, searches: Collection[str]) -> dict[str, QueueEntry]:
        """Return the entries of several searches, those that have one."""
        ...

    async def queue_entry_by_key(self, client: str, key: str) -> QueueEntry | None:
        """Return what a client has submitted with an idempotency key."""
        ...

    async def searches_of(self, client: str) -> list[str]:
        """Return the ids of all searches that a client has submitted."""
        ...

    async def queue_length(self) -> int:
        """Return how many searches wait or run."""
        ...

    async def leave_queue(self, search: str, **changed: Unpack[SearchChanges]) -> None:
        """Mark the entry of a search, if it has one, as done, and set attributes of it in the same transaction."""
        ...

    async def postpone(self, search: str, seconds: float) -> None:
        """Have a queued search run again after some time, and count the try."""
        ...


class Tokens(Protocol):
    """Tokens of the service's clients. A revoked one stays, so that the door stays locked."""

    async def add_token(self, token: Token) -> None:
        """Store a new token."""
        ...

    async def tokens(self) -> list[Token]:
        """Return all tokens, oldest first."""
        ...

    async def revoke_token(self, token: str, at: float) -> bool:
        """Make a token worthless from a Unix time on; returns whether there was one with this id in force."""
        ...


class BenchRecords(Protocol):
    """What bench runs know of their searches. They outlive the searches."""

    async def keep_bench_record(self, run: BenchRun, record: BaseModel) -> None:
        """Store a record, in place of an earlier one of its search."""
        ...

    async def bench_records(
        self, record_type: type[Result], searches: Collection[str] | None = None
    ) -> dict[str, Result]:
        """Return the records of these searches, or all, by the search's id; by dataset, problem, method and seed."""
        ...
