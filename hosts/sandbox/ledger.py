"""A durable SQLite file around somebody's books: every piece of work is one transaction, on disk before it is answered."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, Generic, TypeVar

from unionhub.hosts.sandbox import books, people
from unionhub.hosts.sandbox.books import Books

T = TypeVar("T")
B = TypeVar("B")
Work = Callable[[B], T]

_MAX_BATCH: Final = 128
_BUSY_S: Final = 10.0


class Durable(Generic[B]):
    """Runs work on the books, one transaction at a time (BEGIN IMMEDIATE, WAL, synchronous=FULL).

    With `group_commit` a thread does it and puts whatever waits into one commit: 50 debits at once cost one disk flush,
    and the event loop is never blocked by one. Without it (the default) work runs at once in the caller's thread, which
    the simulation needs: a loop with its own time knows nothing of threads.
    """

    def __init__(
        self, path: Path | str, schema: str, books_on: Callable[[sqlite3.Connection], B], *, group_commit: bool = False
    ) -> None:
        """`path` may be `:memory:`; `schema` makes the tables that are not there; `books_on` writes to a connection."""
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S, check_same_thread=False)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(schema)
        self._books = books_on(self._connection)
        self._committer = _Committer(self._connection, self._books) if group_commit else None

    async def run(self, work: Work[B, T]) -> T:
        """Do `work` in a transaction; returns when it is on disk. What it raises rolls it back alone."""
        return self.run_now(work) if self._committer is None else await self._committer.submit(work)

    def run_now(self, work: Work[B, T]) -> T:
        """`run` for callers outside a loop; not on a ledger with `group_commit`."""
        if self._committer is not None:
            raise RuntimeError("this ledger is written by its own thread: await run()")
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(self._books)
            self._connection.execute("COMMIT")
        except BaseException:
            _roll_back(self._connection)
            raise
        return result

    def close(self) -> None:
        """Finish what was submitted, then close."""
        if self._committer is not None:
            self._committer.close()
        self._connection.close()


class Ledger(Durable[Books]):
    """A core bank's books."""

    def __init__(self, path: Path | str, *, group_commit: bool = False) -> None:
        super().__init__(path, books.SCHEMA + people.SCHEMA, Books, group_commit=group_commit)


class _Committer(Generic[B]):
    """One thread, the only user of its connection. Each work has its savepoint, all of a batch share the commit."""

    def __init__(self, connection: sqlite3.Connection, books: B) -> None:
        self._connection = connection
        self._books = books
        self._queue: SimpleQueue[tuple[Work[B, Any], _Promise] | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="sandbox-ledger", daemon=True)
        self._thread.start()

    async def submit(self, work: Work[B, T]) -> T:
        if self._closed:
            raise RuntimeError("this ledger is closed")
        promise = _Promise(asyncio.get_running_loop())
        self._queue.put((work, promise))
        result: T = await promise.future
        return result

    def close(self) -> None:
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        open_ = True
        while open_:
            waiting = [self._queue.get()]
            with suppress(Empty):
                while len(waiting) < _MAX_BATCH:
                    waiting.append(self._queue.get_nowait())
            open_ = None not in waiting
            self._commit([item for item in waiting if item is not None])

    def _commit(self, batch: list[tuple[Work[B, Any], _Promise]]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._one(work) for work, _ in batch]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:  # disk full, file gone: nothing of the batch is promised to anybody
            _roll_back(self._connection)
            outcomes = [(None, error)] * len(batch)
        for (_, promise), (result, failure) in zip(batch, outcomes, strict=True):
            promise.keep(result, failure)

    def _one(self, work: Work[B, Any]) -> tuple[Any, Exception | None]:
        self._connection.execute("SAVEPOINT work")
        outcome: tuple[Any, Exception | None]
        try:
            outcome = (work(self._books), None)
        except Exception as error:
            self._connection.execute("ROLLBACK TO work")
            outcome = (None, error)
        self._connection.execute("RELEASE work")
        return outcome


class _Promise:
    """A future of the caller's loop, kept from the ledger's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()

    def keep(self, result: object, failure: Exception | None) -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more, and what is booked stays booked
            self._loop.call_soon_threadsafe(self._set, result, failure)

    def _set(self, result: object, failure: Exception | None) -> None:
        if self.future.done():  # the caller was cancelled
            return
        if failure is not None:
            self.future.set_exception(failure)
        else:
            self.future.set_result(result)


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
