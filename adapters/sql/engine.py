"""Engines: one for SQLite, embedded, and one for PostgreSQL, to grow on.

SQLAlchemy's pool keeps the connections; who takes one out controls its transactions, so the pool resets nothing.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from .statement import STORE_NOW

_DRIVERS: Final = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


class EngineOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of every wait. A payment's transactions take milliseconds: what waits longer than this will not get better."""

    pool_size: int = 10  # PostgreSQL connections of one host; SQLite has one, since it has one writer
    pool_timeout_s: float = 10.0  # for a free connection
    connect_timeout_s: float = 5.0
    lock_timeout_s: float = 5.0  # for another transaction: a row, a claim, SQLite's write lock
    statement_timeout_s: float = 10.0
    store_time_us: Callable[[], int] = lambda: time.time_ns() // 1000  # SQLite's clock for leases; PostgreSQL has its own


def database_url(text: str) -> URL:
    """Read a database URL and name its driver. ValueError, which never shows the URL (it may carry a password), if it is no
    `sqlite:///path` or `postgresql://...`."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("not a database URL") from None
    backend = url.get_backend_name()
    if backend not in _DRIVERS:
        raise ValueError(f"no such database: {backend}; use sqlite or postgresql")
    if backend == "sqlite" and url.database in (None, "", ":memory:"):
        raise ValueError("a SQLite URL needs a path: sqlite:///var/unionhub.sqlite")
    url = url.set(drivername=_DRIVERS[backend])
    if mode := url.query.get("sslmode"):  # libpq's name for what asyncpg calls ssl
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return url


def create_engine(url: URL, options: EngineOptions) -> AsyncEngine:
    """An engine for a URL from `database_url`. Opens nothing yet, but makes the folder of a SQLite file."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, options)
    return _postgres(url, options)


def _postgres(url: URL, options: EngineOptions) -> AsyncEngine:
    def milliseconds(seconds: float) -> str:
        return str(round(seconds * 1000))

    return create_async_engine(
        url,
        pool_size=options.pool_size,
        max_overflow=0,
        pool_timeout=options.pool_timeout_s,
        # The connection used last has everything prepared and cached. No pre-ping, which would cost a round trip for every
        # transaction: BEGIN finds a dead connection just as well, before anything is lost, and takes another one.
        pool_use_lifo=True,
        pool_reset_on_return=None,
        hide_parameters=True,
        connect_args={
            "timeout": options.connect_timeout_s,
            # Only for a server that has vanished: a live one keeps its own, shorter, bounds.
            "command_timeout": options.statement_timeout_s + 5,
            "max_cached_statement_lifetime": 0,
            "server_settings": {
                "application_name": "unionhub",
                "default_transaction_isolation": "read committed",
                "idle_in_transaction_session_timeout": milliseconds(3 * options.statement_timeout_s),
                "jit": "off",
                "lock_timeout": milliseconds(options.lock_timeout_s),
                "statement_timeout": milliseconds(options.statement_timeout_s),
            },
        },
    )


def _sqlite(url: URL, options: EngineOptions) -> AsyncEngine:
    path = Path(url.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        url,
        # SQLite lets one transaction write at a time. Waiting here, in order of arrival, costs nothing; waiting in SQLite
        # means to poll in a thread, and the lucky one wins. Its busy timeout is left for other processes.
        pool_size=1,
        max_overflow=0,
        pool_timeout=options.pool_timeout_s,
        pool_reset_on_return=None,
        hide_parameters=True,
        # isolation_level None: the driver begins nothing by itself.
        connect_args={"timeout": options.lock_timeout_s, "isolation_level": None},
    )

    @event.listens_for(engine.sync_engine, "do_connect")
    def probe(*_: object) -> None:
        # aiosqlite leaves its thread behind when it cannot open a file, to crash when the loop is closed.
        sqlite3.connect(path).close()

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        connection.create_function(STORE_NOW, 0, options.store_time_us)

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        # For transactions of SQLAlchemy's own (migrations); see drivers.Sqlite for the reason.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
