"""Access stored searches without a model or a sandbox: read them, end them, fork them, replay them, clear up."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .domain.artifact import Program
from .domain.candidate import Tree
from .domain.document import SearchDocument
from .domain.result import SearchResult
from .domain.search import Search
from .search.export import document
from .search.fork import fork
from .search.summary import summarise
from .settings import Settings, load_settings
from .store import Garbage, Store, Tally, store_of
from .store.lease import cancel

if TYPE_CHECKING:
    from .search.replay import Replay


class Archive:
    """Open the searches of one database for as long as the context lasts.

        async with Archive() as archive:
            for row in await archive.searches():
                print(row.id, row.status)
            print((await archive.result(row.id)).code)

    LangGraph is imported only by the methods that need it, so that reading stays fast. A `store` that is passed in
    replaces the one that the settings name; its owner opens it before and closes it afterwards.
    """

    def __init__(self, settings: Settings | None = None, *, store: Store | None = None) -> None:
        self.settings = settings or load_settings()
        self.store = store or store_of(self.settings)
        self._owns_store = store is None

    async def __aenter__(self) -> Self:
        if self._owns_store:
            await self.store.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._owns_store:
            await self.store.__aexit__(kind, error, trace)

    async def searches(self, limit: int = 100) -> list[Search]:
        """Return the latest searches, newest first."""
        return await self.store.searches(limit)

    async def search(
        self, search: str | None = None, *, unfinished: bool = False, out_of_budget: bool = False
    ) -> Search:
        """Return a search by the beginning of its id, or the newest one; raises UnknownSearch.

        With `unfinished`, the newest one that can be resumed; with `out_of_budget`, also one that its budget ended.
        """
        if search:
            return await self.store.search(search)
        return await self.store.latest(unfinished=unfinished, out_of_budget=out_of_budget)

    async def tree(self, search: str) -> Tree:
        """Return all candidates of a search with all of their fields."""
        return await self.store.tree((await self.search(search)).id)

    async def result(self, search: str) -> SearchResult:
        """Return the result of a search; before its end, the result so far."""
        return await summarise(self.store, (await self.search(search)).id, Tally(), 0.0)

    async def document(self, search: str, *, texts: bool = False) -> SearchDocument:
        """Return a complete search as one value; with `texts`, also the messages and the reply of every model call."""
        return await document(self.store, search, texts=texts)

    async def cancel(self, search: str) -> bool:
        """End a search early, keeping its candidates; it can still be resumed.

        Returns True when it has ended, False when its owner is a live process, which will wind it down in a moment.
        Raises SearchEnded when there is nothing left to cancel.
        """
        return await cancel(self.store, search)

    async def fork(
        self,
        search: str,
        at: str,
        *,
        critique: str | None = None,
        code: str | None = None,
        changes: Mapping[str, object] | None = None,
        new: str | None = None,
    ) -> Search:
        """Create a search that shares the branch down to candidate `at` and continues there; `Agent.resume` runs it.

        `critique` or `code` replace the candidate's own; `changes` are numbers of the SearchConfig; `new` is the id of
        the new search. Raises UnknownSearch, UnknownCandidate, UsageError or SettingsError, and stores nothing then.
        """
        solution = None if code is None else Program(code)
        return await fork(self.store, search, at, critique=critique, solution=solution, changes=changes, new=new)

    async def replay(self, search: str, *, changes: Mapping[str, object] | None = None) -> Replay:
        """Replay a search from its record; with `changes`, show what other numbers would have found."""
        from .search.replay import replay  # noqa: PLC0415 - brings LangGraph

        return await replay(self.store, search, changes=changes, prompts=self.settings.prompts)

    async def garbage(self, *, older_than: float | None = None) -> Garbage:
        """Return what could be removed; with `older_than`, a Unix time, also searches that ended before it."""
        return await self.store.garbage(older_than=older_than)

    async def collect(self, garbage: Garbage) -> int:
        """Remove the garbage; return the number of bytes by which the files shrank."""
        return await self.store.collect(garbage)
