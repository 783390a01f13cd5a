"""The real SQL store on a SQLite that runs inline: no thread, so the same seed gives the same trace.

aiosqlite hops to a thread for every statement, and nobody decides when it comes back. Here sqlite3 is called where the
statement stands; everything above it (statements, rows, transactions, the store) is what production runs.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from unionhub.adapters.memory.store import MemoryStore
from unionhub.adapters.sql.drivers import Sqlite
from unionhub.adapters.sql.engine import EngineOptions, create_engine, database_url
from unionhub.adapters.sql.rows import ACTS, CARDS, ENROLMENTS, LOGINS, NOTICES, ORDERS, PAYMENTS, Mapper, Row, T
from unionhub.adapters.sql.statement import STORE_NOW
from unionhub.adapters.sql.store import SqliteUnit
from unionhub.adapters.sql.tables import METADATA
from unionhub.adapters.sql.transaction import Database
from unionhub.domain.model.acts import Act
from unionhub.domain.model.cards import Card
from unionhub.domain.model.enrolment import Enrolment, EnrolmentState
from unionhub.domain.model.login import Login
from unionhub.domain.model.notices import Notice, NoticeState
from unionhub.domain.model.orders import Order
from unionhub.domain.model.transactions import Payment

_NEVER_S: Final = 1e9


class _Connection:
    """What drivers.Sqlite asks of aiosqlite's, done at once."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw

    async def execute_fetchall(self, sql: str, arguments: Sequence[Any] = ()) -> list[Row]:
        return self._raw.execute(sql, arguments).fetchall()


class _Link:
    """A connection out of a pool of one."""

    def __init__(self, connection: _Connection) -> None:
        self.driver_connection = connection

    def close(self) -> None:
        """It stays: there is only this one."""

    invalidate = close


@cache
def _engine() -> AsyncEngine:
    """It only lends its dialect; it never opens anything."""
    return create_engine(database_url("sqlite:////tmp/never-opened.sqlite"), EngineOptions())


@cache
def _empty() -> sqlite3.Connection:
    """The tables, laid out once and copied for each run."""
    raw = sqlite3.connect(":memory:")
    METADATA.create_all(sa.create_engine("sqlite://", creator=lambda: raw, poolclass=sa.StaticPool))
    return raw


class _InlineDatabase(Database):
    """One connection for all hosts of a run: SQLite has one writer anyway, and waits are the turn's, in their order."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        super().__init__(_engine(), Sqlite(), pool_size=1, timeout_s=_NEVER_S)
        self.raw = raw
        self._link = _Link(_Connection(raw))

    async def connect(self) -> Any:
        await self._free.acquire()
        return self._link

    async def roll_back(self, link: Any, error: BaseException | None = None) -> None:
        """At once: there is no thread whose last statement would have to be waited for."""
        self.vanished()

    def vanished(self) -> None:
        """The client of an open transaction is gone: the server rolls back, and nothing of the client runs."""
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")
        self._free.release()


class InlineUnit(SqliteUnit):
    """A unit of work whose host may die."""

    _database: _InlineDatabase

    def vanish(self) -> None:
        """What the server does when its client is killed."""
        if self._link is not None:
            self._link = None
            self._database.vanished()


class _Tables:
    """What is stored now, under the names that the in-memory store has for it; read anew whenever something was written."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw
        self._read: dict[str, tuple[int, list[Any]]] = {}  # table -> what was there after so many changes

    @property
    def payments(self) -> dict[int, Payment]:
        return {payment.payment_id: payment for payment in self._all(PAYMENTS)}

    @property
    def payment_ids(self) -> dict[tuple[str, str], int]:
        return {(payment.sender, payment.msg_id): payment.payment_id for payment in self._all(PAYMENTS)}

    @property
    def notices(self) -> dict[int, Notice]:
        return {notice.notice_id: notice for notice in self._all(NOTICES)}

    @property
    def acts(self) -> dict[int, Act]:
        return {act.act_id: act for act in self._all(ACTS)}

    @property
    def act_ids(self) -> dict[tuple[str, str], int]:
        return {(act.sender, act.msg_id): act.act_id for act in self._all(ACTS)}

    @property
    def enrolments(self) -> dict[int, Enrolment]:
        return {enrolment.enrolment_id: enrolment for enrolment in self._all(ENROLMENTS)}

    @property
    def cards(self) -> dict[int, Card]:
        return {card.card_id: card for card in self._all(CARDS)}

    @property
    def orders(self) -> dict[int, Order]:
        return {order.order_id: order for order in self._all(ORDERS)}

    @property
    def logins(self) -> dict[int, Login]:
        return {login.login_id: login for login in self._all(LOGINS)}

    @property
    def used(self) -> dict[str, int]:
        return dict(self._raw.execute("SELECT key, used_minor FROM counters").fetchall())

    @property
    def unfinished(self) -> list[int]:
        return [payment.payment_id for payment in self._all(PAYMENTS) if not payment.is_final]

    @property
    def queued(self) -> list[int]:
        return [notice.notice_id for notice in self._all(NOTICES) if notice.state is NoticeState.QUEUED]

    @property
    def opening(self) -> list[int]:
        return [each.enrolment_id for each in self._all(ENROLMENTS) if each.state is EnrolmentState.OPENING]

    def _all(self, mapper: Mapper[T]) -> list[T]:
        table, changes = mapper.columns[0].table.name, self._raw.total_changes
        known = self._read.get(table)
        if known is None or known[0] != changes:
            names = ", ".join(f'"{column.name}"' for column in mapper.columns)
            rows = self._raw.execute(f"SELECT {names} FROM {table} ORDER BY rowid").fetchall()
            known = self._read[table] = changes, [mapper.item(row) for row in rows]
        return known[1]


class InlineSqliteStore:
    """ports.store.Store, deterministic. `store_time_us` is the store's own clock, in microseconds since 1970."""

    def __init__(self, store_time_us: Callable[[], int]) -> None:
        raw = sqlite3.connect(":memory:", isolation_level=None)
        _empty().backup(raw)
        raw.execute("PRAGMA foreign_keys=ON")
        raw.create_function(STORE_NOW, 0, store_time_us)
        self._database = _InlineDatabase(raw)
        self.tables = _Tables(raw)

    def begin(self) -> InlineUnit:
        return InlineUnit(self._database)

    async def move_payment(self, before: Payment, after: Payment, notices: Sequence[Notice] = ()) -> bool:
        async with self.begin() as work:
            moved = await work.move_payment(before, after, notices)
            await work.commit()
        return moved

    async def ready(self) -> bool:
        return True

    async def close(self) -> None:
        await asyncio.sleep(0)
        self._database.raw.close()


AnyStore = MemoryStore | InlineSqliteStore
"""What a run is stored in: both give the same trace for the same seed."""
