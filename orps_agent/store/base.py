"""Define the Protocols of a store of searches, one a concern, which `Store` combines.

Rules for every implementation, which tests/store/test_conformance.py checks:

- Durable: once a method that writes has returned, every later reader of this process or another one sees its data, as
  far as the store outlives a process at all. `record` is the one exception; `flush` waits for the events given to it.
- Atomic: a call stores all of its arguments, or nothing and raises StoreError. Other calls are not affected.
- In order: writes are carried out in the order of the calls.
- Values: a value that is read equals the one that was stored. Ids are given by the caller.
- Any number of tasks may use a store at a time.

A search as it is read has the status that it has now: see `ownership.as_seen`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, Unpack

from orps_agent.domain.candidate import Candidate, Outline, Status, Tree
from orps_agent.domain.search import Search
from orps_agent.llm.base import ModelReply

from .base_service import BenchRecords, Queue, Tokens
from .effects import Effect, Effects, Settled
from .records import CallRecord, ExecutionRecord, Garbage, QueueEntry, SearchChanges, StoredUsage

if TYPE_CHECKING:  # slow to import, and not needed to list searches
    from orps_agent.domain.events import AnyEvent, StoredEvent


class Searches(Protocol):
    """Store and read searches without their candidates."""

    async def add_search(self, search: Search, *, entry: QueueEntry | None = None) -> None:
        """Store a new search and, with it, its entry in the service's queue."""
        ...

    async def add_fork(
        self,
        search: Search,
        branch: Sequence[str],
        changed: Mapping[str, object],
        *,
        entry: QueueEntry | None = None,
    ) -> None:
        """Store a search that begins with open copies of a branch of the search that it is forked from.

        `changed` are attributes of the branch's last candidate, `entry` is as in `add_search`: all in one transaction.
        """
        ...

    async def search(self, search: str) -> Search:
        """Return a search by its id or an unambiguous beginning of it; raises UnknownSearch."""
        ...

    async def has_search(self, search: str) -> bool:
        """Return True when there is a search with exactly this id."""
        ...

    async def searches(self, limit: int = 100) -> list[Search]:
        """Return the latest searches, newest first."""
        ...

    async def latest(self, *, unfinished: bool, out_of_budget: bool = False) -> Search:
        """Return the newest search; raises UnknownSearch when there is none.

        With `unfinished`, the newest that has not ended, without those in the queue, which the service will continue.
        With `out_of_budget`, one that its budget ended counts as well.
        """
        ...

    async def begun_as(self, planned: Search) -> list[Search]:
        """Return the searches that equal a planned one in their task and can be resumed now, newest first.

        Excludes forks, which start from another search's candidates, searches that were ever submitted to a service,
        and searches whose prompts are unknown.
        """
        ...

    async def update_search(
        self, search: str, *, settled: Settled | None = None, **changed: Unpack[SearchChanges]
    ) -> None:
        """Set attributes of a search and settle effects whose outcomes they repeat, in one transaction."""
        ...

    async def reopen(self, search: Search) -> None:
        """Continue a search under the given config.

        Candidates that its budget had halted are running again. A search that had ended loses its winner, which is
        judged again.
        """
        ...

    async def change_owner(self, seen: Search, pid: int, host: str, until: float) -> None:
        """Make a process the owner of a search, which makes the search running unless it has ended.

        Does nothing when its owner has changed since `seen` was read. Removes requests to cancel it, which were meant
        for an earlier owner.
        """
        ...

    async def cancel_requested(self, search: str) -> bool:
        """Return True when a cancellation was requested from the search's owner, as of a second ago at most."""
        ...

    async def garbage(self, *, older_than: float | None = None) -> Garbage:
        """Return what could be removed; with `older_than`, a Unix time, also searches that ended before it."""
        ...

    async def collect(self, garbage: Garbage) -> int:
        """Remove the garbage, with all data of its searches except bench records; return the bytes that this freed."""
        ...


class Candidates(Protocol):
    """Store and read the candidates of searches."""

    async def add_candidates(self, search: str, candidates: Iterable[Candidate]) -> None:
        """Store planned candidates: id, round, hint, status and the candidates that they are shown.

        Candidates that are stored already stay unchanged.
        """
        ...

    async def update_candidate(
        self, search: str, candidate: str, changed: Mapping[str, Any], *, settled: Settled | None = None
    ) -> None:
        """Set attributes of a candidate and settle effects whose outcomes they repeat, in one transaction.

        A `report` without `outcome` need not keep its measurements: they are stored again when they are final.
        """
        ...

    async def set_status(self, search: str, candidates: Iterable[str], status: Status) -> None:
        """Give several candidates a status."""
        ...

    async def candidate(self, search: str, candidate: str) -> Candidate:
        """Return a candidate as far as its stages have come; raises UnknownCandidate."""
        ...

    async def tree(self, search: str) -> Tree:
        """Return all candidates of a search."""
        ...

    async def outline(self, search: str) -> list[Outline]:
        """Return all candidates of a search without their texts, in path order: fast for trees of any size."""
        ...

    async def passed(self, search: str) -> dict[str, frozenset[str]]:
        """Return for every executed candidate the names of the visible tests that it passes."""
        ...


class Histories(Protocol):
    """Store and read what searches did: effects, and the events that they emitted."""

    async def journal(self, search: str) -> Effects:
        """Return the journal of a search, which contains the effects of earlier runs."""
        ...

    async def messages(self, effect: Effect) -> list[tuple[str, str]]:
        """Return the conversation that a model call sent last, as (role, text)."""
        ...

    async def reply(self, effect: Effect) -> ModelReply:
        """Return the stored reply to a model call; raises StoreError when there is none."""
        ...

    async def calls(self, search: str) -> list[CallRecord]:
        """Return every try of every model call, by the time when it began."""
        ...

    async def executions(self, search: str) -> list[ExecutionRecord]:
        """Return every try of every execution, by the time when it began."""
        ...

    async def calls_by_candidate(self, search: str) -> dict[str, int]:
        """Return how many answered model calls each candidate took."""
        ...

    async def usage(self, search: str) -> StoredUsage:
        """Return what a search has done and cost over all its runs."""
        ...

    def record(self, event: AnyEvent) -> None:
        """Store an event without waiting; a kill may lose the last events, as nothing was paid for them."""
        ...

    async def flush(self) -> None:
        """Wait until every earlier write is stored."""
        ...

    async def has_begun(self, search: str) -> bool:
        """Return True when a run of the search has emitted an event."""
        ...

    async def events(self, search: str, *, after: int = 0, limit: int = 1000) -> list[StoredEvent]:
        """Return the first events of a search whose number is greater than `after`, in order."""
        ...

    async def last_event(self, search: str) -> int:
        """Return the number of the search's last event; 0 when there is none."""
        ...

    async def seconds(self, search: str) -> float:
        """Return the wall time of all runs of a search, each from its start to the last event that it emitted."""
        ...

    async def version(self, search: str) -> object:
        """Return a value that differs once there is a new event, call, execution or state of a candidate."""
        ...


class Store(Searches, Candidates, Histories, Queue, Tokens, BenchRecords, Protocol):
    """Combine all Protocols of a store, open for as long as its context lasts.

        async with SqliteStore(path) as store:
            rows = await store.searches()

    Opening raises StoreError when the store cannot be opened; it may be closed and opened again.
    """

    async def __aenter__(self) -> Self:
        """Open the store."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Complete all pending writes, and close the store."""
        ...
