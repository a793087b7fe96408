"""The door to stored searches: read them, end them, fork them, walk them again, clear up. No model, no sandbox."""

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
    """The searches of one database, for as long as the context lasts.

        async with Archive() as archive:
            for row in await archive.searches():
                print(row.id, row.status)
            print((await archive.result(row.id)).code)

    What needs LangGraph is imported when it is first asked for, so that reading stays fast. A `store` that is passed in
    takes the place of the one that the settings name; its owner opens it before and closes it afterwards.
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
        """The latest searches, newest first."""
        return await self.store.searches(limit)

    async def search(
        self, search: str | None = None, *, unfinished: bool = False, out_of_budget: bool = False
    ) -> Search:
        """A search by the beginning of its id, or the newest one; raises UnknownSearch.

        The newest one that can be resumed where it must be `unfinished`; one that is `out_of_budget` then counts too.
        """
        if search:
            return await self.store.search(search)
        return await self.store.latest(unfinished=unfinished, out_of_budget=out_of_budget)

    async def tree(self, search: str) -> Tree:
        """All candidates of a search with everything that is known of them."""
        return await self.store.tree((await self.search(search)).id)

    async def result(self, search: str) -> SearchResult:
        """What a search found; before its end, what it has found so far."""
        return await summarise(self.store, (await self.search(search)).id, Tally(), 0.0)

    async def document(self, search: str, *, texts: bool = False) -> SearchDocument:
        """Everything that is known of a search as one value; with `texts`, what every model call sent and got, too."""
        return await document(self.store, search, texts=texts)

    async def cancel(self, search: str) -> bool:
        """End a search before its time, keeping what it found; it can still be resumed.

        True when that is done; False when its owner, a live process, was asked and will wind it down in a moment.
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
        """A new search that shares the branch down to candidate `at` and goes on from there; `Agent.resume` runs it.

        `critique` or `code` replace what the candidate has; `changes` are numbers of the SearchConfig; `new` is the id
        that it gets. Raises UnknownSearch, UnknownCandidate, UsageError or SettingsError, and stores nothing then.
        """
        solution = None if code is None else Program(code)
        return await fork(self.store, search, at, critique=critique, solution=solution, changes=changes, new=new)

    async def replay(self, search: str, *, changes: Mapping[str, object] | None = None) -> Replay:
        """Walk a search again from its record; with `changes`, see what other numbers would have found."""
        from .search.replay import replay  # noqa: PLC0415 - brings LangGraph

        return await replay(self.store, search, changes=changes, prompts=self.settings.prompts)

    async def garbage(self, *, older_than: float | None = None) -> Garbage:
        """What could go; with `older_than`, a Unix time, also the searches that ended before it."""
        return await self.store.garbage(older_than=older_than)

    async def collect(self, garbage: Garbage) -> int:
        """Remove the garbage; returns by how many bytes the files shrank."""
        return await self.store.collect(garbage)
