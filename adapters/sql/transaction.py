"""One database transaction: SQLAlchemy wrote the SQL and pools the connections, the driver executes.

Measured on PostgreSQL, a payment's two transactions cost the client 2.2 ms of CPU through SQLAlchemy's connections and
1.0 ms this way. What is given up, conversion of types and translation of errors, is done in `rows.py` and `drivers.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, NoReturn, Self

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from unionhub.ports.store import StoreUnavailable

from .drivers import Driver, cause
from .rows import Mapper, Row, T, Values
from .statement import Statement

_CLEANING_TIMEOUT_S: Final = 30.0
_NOTHING: Final[Values] = {}
_VERSION: Final = "SELECT version_num, (SELECT value FROM markers WHERE name = 'oldest_host') FROM alembic_version"


class Database:
    """A pool of connections. Counts the transactions begun, so that a test can hold a payment to its two.

    Whoever finds all of them taken waits in line here: SQLAlchemy's pool lets a task that returns a connection take it again
    before the one that has waited longest, who then starts anew (seen on SQLite: 10 s without a turn).
    """

    def __init__(self, engine: AsyncEngine, driver: Driver, *, pool_size: int, timeout_s: float) -> None:
        self.engine = engine
        self.dialect = engine.dialect
        self.driver = driver
        self.transactions_begun = 0
        self._pool_size = pool_size
        self._timeout_s = timeout_s
        self._free = asyncio.Semaphore(pool_size)
        self._cleaning: set[asyncio.Task[None]] = set()

    async def begin(self) -> PoolProxiedConnection:
        """A connection with a transaction begun on it."""
        for _ in range(self._pool_size + 1):
            link = await self.connect()
            try:
                await self.driver.command(link.driver_connection, self.driver.begin)
            except BaseException as error:
                lost = self.driver.is_closed(link.driver_connection)
                await self.roll_back(link, error)
                if not lost or not isinstance(error, Exception):
                    self.refuse(error)
                # It died in the pool: the server was restarted, say. Nothing is lost yet, so take another one.
            else:
                self.transactions_begun += 1
                return link
        raise StoreUnavailable("every connection is lost")

    async def connect(self) -> PoolProxiedConnection:
        """A connection out of the pool, without a transaction; `give_back` or `roll_back` must follow."""
        try:
            async with asyncio.timeout(self._timeout_s if self._free.locked() else None):
                await self._free.acquire()
        except TimeoutError:
            raise StoreUnavailable("no free connection in time") from None
        try:
            return await self.engine.raw_connection()
        except BaseException as error:
            self._free.release()
            self.refuse(error)

    def give_back(self, link: PoolProxiedConnection) -> None:
        """A connection without a transaction."""
        link.close()
        self._free.release()

    async def connect_alive(self) -> PoolProxiedConnection:
        """The same, for one statement that is a transaction by itself: no BEGIN would find out that it is dead."""
        while self.driver.is_closed((link := await self.connect()).driver_connection):
            await self.roll_back(link)
        self.transactions_begun += 1
        return link

    async def version(self) -> tuple[str, str | None]:
        """The migration that the database is at, and the oldest one whose hosts may run on it (migrate.OLDEST_HOST)."""
        link = await self.connect()
        try:
            rows = await self.driver.fetch(link.driver_connection, _VERSION, ())
        except BaseException as error:
            await self.roll_back(link, error)
            raise
        self.give_back(link)
        return (str(rows[0][0]), rows[0][1]) if rows else ("", None)

    async def roll_back(self, link: PoolProxiedConnection, error: BaseException | None = None) -> None:
        """End what is open on it and give it back. Never fails, and is done also when nobody can wait for it: a task that
        was cancelled leaves at once, while its last statement may have to run into a time-out first."""
        task = asyncio.create_task(self._clean(link))
        self._cleaning.add(task)
        task.add_done_callback(self._cleaning.discard)
        if not isinstance(error, asyncio.CancelledError):
            await asyncio.shield(task)

    async def _clean(self, link: PoolProxiedConnection) -> None:
        """Both drivers execute this after whatever a cancelled task left running on the connection."""
        try:
            async with asyncio.timeout(_CLEANING_TIMEOUT_S):
                await self.driver.command(link.driver_connection, "ROLLBACK")
        except BaseException as error:
            try:
                await greenlet_spawn(link.invalidate)  # without its connection, the database rolls back by itself
            finally:
                self._free.release()
            if not isinstance(error, Exception):
                raise
        else:
            self.give_back(link)

    def refuse(self, error: BaseException) -> NoReturn:
        """Raise StoreUnavailable where the error means that, else the error."""
        if why := cause(self.driver, error):
            raise StoreUnavailable(why) from error
        raise error

    async def close(self) -> None:
        while self._cleaning:
            await asyncio.wait(set(self._cleaning))
        await self.engine.dispose()


class Transaction:
    """Rolls back on leaving unless `commit` was awaited; the connection goes back to the pool in every case."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._link: PoolProxiedConnection | None = None
        self._failed = False

    async def __aenter__(self) -> Self:
        self._link = await self._database.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._link is not None:
            link, self._link = self._link, None
            await self._database.roll_back(link, error)

    async def commit(self) -> None:
        connection = self._connection()
        try:
            await self._database.driver.command(connection, "COMMIT")
        except Exception as error:
            self._failed = True
            raise StoreUnavailable(f"commit: {cause(self._database.driver, error) or type(error).__name__}") from error
        except BaseException:
            self._failed = True
            raise
        assert self._link is not None
        self._database.give_back(self._link)
        self._link = None

    async def _fetch(self, statement: Statement, values: Values = _NOTHING) -> Sequence[Row]:
        """All rows of a statement. `values` may hold more than it has parameters."""
        connection = self._connection()
        compiled = statement.compiled(self._database.dialect)
        arguments = compiled.arguments(values)
        try:
            return await self._database.driver.fetch(connection, compiled.sql, arguments)
        except BaseException as error:
            self._failed = True
            self._database.refuse(error)

    async def _fetch_unless_taken(self, statement: Statement, values: Values) -> Sequence[Row] | None:
        """The same, but None where a unique index refuses it, and the transaction goes on: PostgreSQL has nothing like
        ON CONFLICT for an UPDATE. Costs two more round trips."""
        connection, driver = self._connection(), self._database.driver
        compiled = statement.compiled(self._database.dialect)
        arguments = compiled.arguments(values)
        rows: Sequence[Row] | None = None
        try:
            await driver.fetch(connection, "SAVEPOINT attempt", ())
            try:
                rows = await driver.fetch(connection, compiled.sql, arguments)
            except Exception as error:
                if not driver.is_taken(error):
                    raise
                await driver.fetch(connection, "ROLLBACK TO SAVEPOINT attempt", ())
            await driver.fetch(connection, "RELEASE SAVEPOINT attempt", ())
        except BaseException as error:
            self._failed = True
            self._database.refuse(error)
        return rows

    async def _items(self, mapper: Mapper[T], statement: Statement, values: Values = _NOTHING) -> list[T]:
        return [mapper.item(row) for row in await self._fetch(statement, values)]

    async def _item(self, mapper: Mapper[T], statement: Statement, values: Values = _NOTHING) -> T | None:
        rows = await self._fetch(statement, values)
        return mapper.item(rows[0]) if rows else None

    def _connection(self) -> Any:
        if self._link is None:
            raise RuntimeError("this unit of work is not open")
        if self._failed:
            # Whoever swallowed that error and goes on must not believe that anything gets written.
            raise StoreUnavailable("this transaction has failed")
        return self._link.driver_connection


class SingleStatement(Transaction):
    """A transaction of one statement: the database commits it with its answer, and two round trips are saved. An error
    leaves its outcome unknown, as an error of `commit` does."""

    async def __aenter__(self) -> Self:
        self._link = await self._database.connect_alive()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._link is not None
        link, self._link = self._link, None
        if self._failed:
            await self._database.roll_back(link, error)
        else:
            self._database.give_back(link)

    async def commit(self) -> None:
        """Done already."""
