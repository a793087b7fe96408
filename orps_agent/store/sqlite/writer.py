"""Write for all tasks of a process: statements that are waiting together are committed together."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import anyio
import anyio.to_thread

from orps_agent.errors import StoreError
from orps_agent.util.tasks import background_tasks

from .connection import FAULTS, explain

Row = Sequence[object]
Statement = tuple[str, Row]
_CHECKPOINT_AFTER = 4000
"""Statements after which the WAL goes into the file: some 8 MB of it. The disk is waited for, and all wait with it."""
_PATIENCE_SECONDS = 0.02
"""Seconds that statements which are not urgent wait for a commit that they can join."""
_NEVER_WRITTEN = sqlite3.OperationalError("the writer came to an end before this was written")


class _Pending:
    """Hold the statements of one caller, in order, and the event that is set when they are on disk."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements
        self.done = asyncio.Event()  # anyio's looks for its event loop every time, and there is one for every write
        self.error: sqlite3.Error | UnicodeDecodeError | None = _NEVER_WRITTEN


class Writer:
    """Commit the statements of all callers in groups, over one connection.

    `write` returns when the commit has happened: from then on a kill cannot lose the caller's rows. Under load the cost
    of a commit is shared by all callers that wait for it.

    A commit is made in the event loop itself, where it takes some 20 µs a row: a thread would have to win the
    interpreter's lock from a busy loop for every row, and a reply that was paid for would stay unstored for that long.
    Slower work is left to a thread: waiting for another process that is writing, moving the WAL into the
    file and, with `in_loop` False, every commit.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: str,
        *,
        busy_seconds: float,
        in_loop: bool = True,
    ) -> None:
        self._connection = connection
        self._path = path
        self._busy_ms = round(busy_seconds * 1000)
        self._in_loop = in_loop
        self._since_checkpoint = 0
        self._waiting: list[_Pending] = []
        self._wake = asyncio.Event()
        self._closed = False

    async def write(self, *statements: Statement, patient: bool = False) -> None:
        """Execute the statements in order in one transaction and wait for its commit.

        With `patient`, the commit waits a moment for other callers to join it. Raises StoreError when SQLite fails;
        nothing of this call is stored then.
        """
        pending = self._enqueue(statements, patient=patient)
        try:
            await pending.done.wait()
        except BaseException:  # cancelled: the statements are committed all the same, and the caller waits for it
            while not pending.done.is_set():
                # LangGraph cancels twice, and no scope of anyio's shields from that.
                with suppress(asyncio.CancelledError), anyio.CancelScope(shield=True):
                    await pending.done.wait()
            raise
        if pending.error is not None:
            raise StoreError(explain(pending.error, self._path)) from pending.error

    def post(self, *statements: Statement) -> None:
        """Queue statements without waiting for their commit, for data that a kill may lose."""
        self._enqueue(statements, patient=True)

    def _enqueue(self, statements: Sequence[Statement], *, patient: bool) -> _Pending:
        if self._closed:
            raise anyio.ClosedResourceError
        pending = _Pending(statements)
        self._waiting.append(pending)
        if patient:
            asyncio.get_running_loop().call_later(_PATIENCE_SECONDS, self._wake.set)
        else:
            self._wake.set()
        return pending

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Commit for as long as the context lasts; queued statements are committed even when this is cancelled."""
        async with background_tasks(self._run, wait=True):
            try:
                yield
            finally:
                self._closed = True
                self._wake.set()

    async def _run(self) -> None:
        try:
            with anyio.CancelScope(shield=True):
                while self._waiting or not self._closed:
                    await self._wake.wait()
                    self._wake.clear()
                    batch, self._waiting = self._waiting, []
                    if batch:
                        await self._serve(batch)
        finally:  # whatever happens here, no caller may wait for ever
            self._closed = True
            for each in self._waiting:
                each.done.set()

    async def _serve(self, batch: list[_Pending]) -> None:
        try:
            if not await self._commit(batch):
                # One bad statement must not fail the statements of other callers.
                for each in batch:
                    await self._commit([each])
        finally:
            for each in batch:
                each.done.set()
        self._since_checkpoint += sum(len(each.statements) for each in batch)
        if self._since_checkpoint >= _CHECKPOINT_AFTER:
            self._since_checkpoint = 0
            # Nobody writes meanwhile: a WAL that grows while it is moved would never begin anew.
            await anyio.to_thread.run_sync(self._checkpoint)

    async def _commit(self, batch: list[_Pending]) -> bool:
        error = _apply(self._connection, batch) if self._in_loop else None
        if not self._in_loop or _is_busy(error):
            error = await anyio.to_thread.run_sync(self._apply_patiently, batch)
        for each in batch:
            each.error = error
        return error is None

    def _apply_patiently(self, batch: list[_Pending]) -> sqlite3.Error | UnicodeDecodeError | None:
        self._connection.execute(f"PRAGMA busy_timeout = {self._busy_ms}")
        error = _apply(self._connection, batch)
        self._connection.execute("PRAGMA busy_timeout = 0")
        return error

    def _checkpoint(self) -> None:
        """Move committed pages from the WAL into the file, as far as no reader blocks it."""
        try:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except FAULTS as error:  # the WAL still has everything, and the next commit will name the fault
            from orps_agent.util.logs import log  # noqa: PLC0415 - slow to import, and rare

            log.warning("the WAL stays as it is", file=self._path, error=str(error))


def update(table: str, columns: Mapping[str, object], where: str, key: tuple[str, ...]) -> Statement:
    """Set columns of the rows that have this key."""
    assignments = ", ".join(f"{name} = ?" for name in columns)
    return f"UPDATE {table} SET {assignments} WHERE {where}", (*columns.values(), *key)


def _apply(connection: sqlite3.Connection, batch: list[_Pending]) -> sqlite3.Error | UnicodeDecodeError | None:
    """Execute the batch in one transaction; return the error that rolled all of it back, None on success."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        for sql, row in itertools.chain.from_iterable(each.statements for each in batch):
            connection.execute(sql, row)
        connection.execute("COMMIT")
    except FAULTS as error:
        if connection.in_transaction:
            connection.rollback()
        return error
    return None


def _is_busy(error: BaseException | None) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
