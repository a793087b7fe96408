"""Enter and leave a context that holds nothing."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Idle:
    """Do nothing on entering and leaving: for parts that must be context managers and hold no resource."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release nothing."""
