"""Open the models of searches: each set of names once, or the models that a caller has passed in."""

from __future__ import annotations

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import anyio

from orps_agent.settings import Settings

from .base import Models
from .registry import is_small, model_names, name_of_tester, open_models

Names = tuple[str, str, str | None]
"""Names of the programmer's, the critic's and the tester's model; None: the tester is the programmer."""


class ModelOpener:
    """Open models while the context lasts; given ones belong to the caller, and answer whatever names are wanted."""

    def __init__(self, settings: Settings, given: Models | None = None) -> None:
        self._settings = settings
        self._given = given
        self._opened: dict[Names, Models] = {}
        self._opening = anyio.Lock()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.clear()
        await self._stack.__aexit__(kind, error, trace)

    @property
    def names(self) -> Names:
        """Return the names to store with a new search; raise SettingsError when no model is configured."""
        given = self._given
        if given is None:
            return *model_names(self._settings), name_of_tester(self._settings)
        tester = None if given.tester is given.programmer else given.tester.name
        return given.programmer.name, given.critic.name, tester

    @property
    def small(self) -> bool:
        """Return True when the programmer is an embedded model that needs a quick search."""
        return self._given is None and is_small(self._settings)

    async def open(self, names: Names) -> Models:
        """Return the models with these names, opened now if they were not; raises SettingsError or ModelFileError."""
        if self._given is not None:
            return self._given
        async with self._opening:
            if names not in self._opened:
                programmer, critic, tester = names
                opening = open_models(self._settings, programmer=programmer, critic=critic, tester=tester)
                self._opened[names] = await self._stack.enter_async_context(opening)
        return self._opened[names]
