"""One writer for all tasks of a process: statements that are waiting together are committed together."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Sequence

import aiosqlite
import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from orps_agent.errors import StoreError

from .connecting import FAULTS, explain

Row = Sequence[object]
Statement = tuple[str, Row]


class _Pending:
    """Statements of one caller, in order, and the event that tells it that they are on disk."""

    def __init__(self, statements: list[Statement]) -> None:
        self.statements = statements
        self.done = anyio.Event()
        self.error: sqlite3.Error | UnicodeDecodeError | None = None


class Writer:
    """Group commit over one connection.

    `write` returns when the commit has happened, so that a caller who goes on knows that a kill cannot take its rows
    away. Under load the cost of a commit is shared by all that wait for it.
    """

    def __init__(self, connection: aiosqlite.Connection, path: str, *, backlog: int = 1000) -> None:
        self._connection = connection
        self._path = path
        self._send, self._receive = anyio.create_memory_object_stream[_Pending](backlog)

    async def write(self, *statements: Statement) -> None:
        """Execute the statements in order in one transaction and wait for its commit.

        Raises StoreError when SQLite refuses; nothing of this call is stored then.
        """
        pending = _Pending(list(statements))
        await self._send.send(pending)
        # What was handed over will be committed: a cancelled caller must not leave before it knows.
        with anyio.CancelScope(shield=True):
            await pending.done.wait()
        if pending.error is not None:
            raise StoreError(explain(pending.error, self._path)) from pending.error

    async def post(self, *statements: Statement) -> None:
        """Hand statements over without waiting for their commit, for what may be lost in a kill."""
        await self._send.send(_Pending(list(statements)))

    def close(self) -> None:
        """No more writes; `run` ends once everything handed over is committed."""
        self._send.close()

    async def run(self) -> None:
        """Serve until `close`, whatever is cancelled around it: what was handed over gets committed."""
        with anyio.CancelScope(shield=True):
            async with self._receive:
                async for first in self._receive:
                    await self._serve([first, *_waiting(self._receive)])

    async def _serve(self, batch: list[_Pending]) -> None:
        if not await self._commit(batch):
            # One bad statement must not take its neighbours with it.
            for each in batch:
                await self._commit([each])
        for each in batch:
            each.done.set()

    async def _commit(self, batch: list[_Pending]) -> bool:
        statements = itertools.chain.from_iterable(each.statements for each in batch)
        try:
            for sql, group in itertools.groupby(statements, key=lambda statement: statement[0]):
                await self._connection.executemany(sql, [row for _, row in group])
            await self._connection.commit()
        except FAULTS as error:
            if self._connection.in_transaction:
                await self._connection.rollback()
            for each in batch:
                each.error = error
            return False
        for each in batch:
            each.error = None
        return True


def _waiting(stream: MemoryObjectReceiveStream[_Pending]) -> list[_Pending]:
    found: list[_Pending] = []
    while True:
        try:
            found.append(stream.receive_nowait())
        except (anyio.WouldBlock, anyio.EndOfStream):
            return found
