"""What a store of searches must do: Protocols, one a concern, which `Store` brings together.

What holds for every implementation, and is tried out by tests/store/test_conformance.py:

- Durable: what a method that writes was awaited for is there for every later reader, of this process or another one, as
  far as the store outlives a process at all. `record` is the one exception; `flush` waits for what it was given.
- Whole: a call stores all that it was given, or nothing and raises StoreError. Other calls do not suffer from it.
- In order: writes are done in the order in which they were handed over.
- Values: what comes back equals what was stored. Ids are given by the caller.
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

if TYPE_CHECKING:  # slow to import, and of no use to whoever only lists searches
    from orps_agent.domain.events import AnyEvent, StoredEvent


class Searches(Protocol):
    """Searches without their candidates."""

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
        """Return whether there is a search with exactly this id."""
        ...

    async def searches(self, limit: int = 100) -> list[Search]:
        """Return the latest searches, newest first."""
        ...

    async def latest(self, *, unfinished: bool, out_of_budget: bool = False) -> Search:
        """Return the newest search; raises UnknownSearch when there is none.

        With `unfinished`, the newest that has not ended, but for those in the queue, which the service goes on with.
        With `out_of_budget`, one that its budget ended counts as well.
        """
        ...

    async def begun_as(self, planned: Search) -> list[Search]:
        """Return the searches that ask the same as a planned one and can be resumed now, newest first.

        Neither forks, which begin elsewhere, nor what was ever submitted to a service, nor what nobody knows the
        prompts of.
        """
        ...

    async def update_search(
        self, search: str, *, settled: Settled | None = None, **changed: Unpack[SearchChanges]
    ) -> None:
        """Set attributes of a search and settle effects whose outcomes they repeat, in one transaction."""
        ...

    async def reopen(self, search: Search) -> None:
        """Let a search go on under the given config.

        Candidates that its budget had halted are running again. A search that had ended loses its winner, which is
        judged anew.
        """
        ...

    async def change_owner(self, seen: Search, pid: int, host: str, until: float) -> None:
        """Give a search to a process, which makes it running unless it has ended.

        Does nothing when somebody else has changed its owner since `seen` was read. Forgets requests to cancel it,
        which were meant for an earlier owner.
        """
        ...

    async def cancel_requested(self, search: str) -> bool:
        """Return whether somebody has asked the search's owner to cancel it, as of a second ago at most."""
        ...

    async def garbage(self, *, older_than: float | None = None) -> Garbage:
        """Return what could be removed; with `older_than`, a Unix time, also searches that ended before it."""
        ...

    async def collect(self, garbage: Garbage) -> int:
        """Remove it, with all about these searches but their bench records; returns how many bytes that freed."""
        ...


class Candidates(Protocol):
    """The candidates of searches."""

    async def add_candidates(self, search: str, candidates: Iterable[Candidate]) -> None:
        """Store planned candidates: id, round, hint, status and what they are shown.

        Those that are there already stay as they are.
        """
        ...

    async def update_candidate(
        self, search: str, candidate: str, changed: Mapping[str, Any], *, settled: Settled | None = None
    ) -> None:
        """Set attributes of a candidate and settle effects whose outcomes they repeat, in one transaction.

        A `report` that comes without `outcome` need not keep its measurements: they come again when they are final.
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
    """What searches did: effects, and what they told."""

    async def journal(self, search: str) -> Effects:
        """Return the journal of a search, which knows what earlier runs did."""
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
        """Keep an event without waiting; a kill may take the last ones, as nothing was paid for them."""
        ...

    async def flush(self) -> None:
        """Wait until everything that was handed over before is stored."""
        ...

    async def has_begun(self, search: str) -> bool:
        """Return whether a run of the search has told anything."""
        ...

    async def events(self, search: str, *, after: int = 0, limit: int = 1000) -> list[StoredEvent]:
        """Return the first events of a search whose number is greater than `after`, in order."""
        ...

    async def last_event(self, search: str) -> int:
        """Return the number of the search's last event; 0 when there is none."""
        ...

    async def seconds(self, search: str) -> float:
        """Return the wall time of all runs of a search, each from its start to the last thing that it told."""
        ...

    async def version(self, search: str) -> object:
        """Return a value that differs once there is a new event, call, execution or state of a candidate."""
        ...


class Store(Searches, Candidates, Histories, Queue, Tokens, BenchRecords, Protocol):
    """Everything that the other rooms ask of a store, open for as long as its context lasts.

        async with SqliteStore(path) as store:
            rows = await store.searches()

    Opening raises StoreError when the store cannot be had; it may be closed and opened again.
    """

    async def __aenter__(self) -> Self:
        """Open the store."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Store what was handed over, and close the store."""
        ...
