"""The two drivers behind one face: how each executes, and which of its errors mean that the store cannot serve."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final, Protocol

import aiosqlite
import asyncpg
from sqlalchemy.engine import URL
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from .rows import Row


class Driver(Protocol):
    """What a transaction needs of a connection. `fetch` gives all rows; `command` is BEGIN, COMMIT or ROLLBACK."""

    @property
    def begin(self) -> str: ...

    def is_closed(self, connection: Any) -> bool: ...

    async def fetch(self, connection: Any, sql: str, arguments: Sequence[Any]) -> Sequence[Row]: ...

    async def command(self, connection: Any, sql: str) -> None: ...

    def is_taken(self, error: BaseException) -> bool:
        """True if a unique index refused the statement."""
        ...

    def is_unavailable(self, error: BaseException) -> bool:
        """True for what the world did to the store; False for what only a defect of ours can cause."""
        ...


class CommitRefused(Exception):  # noqa: N818
    """The database answered COMMIT with a rollback: something in the transaction had failed before."""


class Postgres:
    """asyncpg. Its own cache of prepared statements does what SQLAlchemy's would."""

    begin: Final = "BEGIN"

    # SQLSTATE classes: connection, resources (disk full), operator (shutdown, statement_timeout), system, internal.
    _CLASSES: Final = ("08", "53", "57", "58", "XX")
    # Deadlock, serialization, lock_timeout, idle in transaction, read-only (a standby), no such database, login refused.
    _STATES: Final = ("40P01", "40001", "55P03", "25P03", "25P04", "25006", "3D000", "28000", "28P01")

    def is_closed(self, connection: asyncpg.Connection[Any]) -> bool:
        return connection.is_closed()

    async def fetch(self, connection: asyncpg.Connection[Any], sql: str, arguments: Sequence[Any]) -> Sequence[Row]:
        return await connection.fetch(sql, *arguments)

    async def command(self, connection: asyncpg.Connection[Any], sql: str) -> None:
        # PostgreSQL answers COMMIT with the tag ROLLBACK, and no error, if a statement had failed.
        if await connection.execute(sql) != sql:
            raise CommitRefused(sql)

    def is_taken(self, error: BaseException) -> bool:
        return isinstance(error, asyncpg.UniqueViolationError)

    def is_unavailable(self, error: BaseException) -> bool:
        if isinstance(error, asyncpg.PostgresError):
            state = str(error.sqlstate or "")
            return state.startswith(self._CLASSES) or state in self._STATES
        if isinstance(error, asyncpg.InterfaceError):
            return "closed" in str(error)  # the others are ours: a wrong number of arguments, two statements at once
        return isinstance(error, (OSError, TimeoutError, asyncpg.InternalClientError, CommitRefused))


class Sqlite:
    """aiosqlite: one thread for each connection, so every call is one hop to it and back, and that is what costs."""

    # The lock is taken at once: a transaction that reads before it writes would otherwise decide on old data.
    begin: Final = "BEGIN IMMEDIATE"

    # SQLITE_BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB
    _CODES: Final = frozenset({5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26})

    def is_closed(self, connection: aiosqlite.Connection) -> bool:
        return False  # nobody but us closes it

    async def fetch(self, connection: aiosqlite.Connection, sql: str, arguments: Sequence[Any]) -> Sequence[Row]:
        return list(await connection.execute_fetchall(sql, arguments))

    async def command(self, connection: aiosqlite.Connection, sql: str) -> None:
        await connection.execute_fetchall(sql)

    def is_taken(self, error: BaseException) -> bool:
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_CONSTRAINT_UNIQUE

    def is_unavailable(self, error: BaseException) -> bool:
        if isinstance(error, sqlite3.Error):
            return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF in self._CODES
        # aiosqlite's word for a connection that is gone is a plain ValueError.
        return isinstance(error, OSError) or (isinstance(error, ValueError) and "connection" in str(error).lower())


def driver_for(url: URL) -> Driver:
    return Sqlite() if url.get_backend_name() == "sqlite" else Postgres()


def cause(driver: Driver, error: BaseException) -> str | None:
    """Why the store is unavailable, safe to log; None if `error` says no such thing."""
    if isinstance(error, PoolTimeoutError):
        return "no free connection in time"
    found: BaseException | None = error
    while found is not None:
        if driver.is_unavailable(found):
            state = getattr(found, "sqlstate", None) or getattr(found, "sqlite_errorname", None)
            return f"{type(found).__name__} {state}" if state else type(found).__name__
        found = found.__cause__  # SQLAlchemy, where it has a part in it, raises its own error from the driver's
    return None
