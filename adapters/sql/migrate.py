"""Bringing a database to this code's version. Safe when several hosts start at once: one migrates, the others wait."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from unionhub.ports.store import StoreUnavailable

from .drivers import cause, driver_for
from .engine import EngineOptions, create_engine, database_url

_FOLDER: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x756E696F6E687562  # "unionhub": PostgreSQL's advisory locks are numbers
_PATIENCE: Final = EngineOptions(pool_size=1, lock_timeout_s=300, statement_timeout_s=3600)


def config() -> Config:
    """Alembic's configuration, for this code's own migrations. There is no alembic.ini."""
    made = Config()
    made.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(config())


@cache
def head() -> str:
    """The revision that this code wants."""
    return _scripts().get_current_head() or ""


async def upgrade(url: str) -> list[str]:
    """Migrate to `head()`; returns the revisions applied. All in one transaction: it is done whole, or nothing is."""
    async with _connected(url) as connection:
        if connection.dialect.name == "postgresql":  # SQLite's BEGIN IMMEDIATE is a lock already
            await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.literal(_LOCK, sa.BigInteger))))
        applied = await _pending(connection)
        await connection.run_sync(_upgrade)
        await connection.commit()
    return applied


async def pending(url: str) -> list[str]:
    """Revisions that `upgrade` would apply, in their order."""
    async with _connected(url) as connection:
        return await _pending(connection)


async def at_head(url: str) -> bool:
    return not await pending(url)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[AsyncConnection]:
    """Raises ValueError for what is no URL of ours, StoreUnavailable where the database cannot be reached."""
    parsed = database_url(url)
    engine = create_engine(parsed, _PATIENCE)
    try:
        async with engine.connect() as connection:
            yield connection
            await connection.rollback()
    except (SQLAlchemyError, OSError) as error:
        if why := cause(driver_for(parsed), error):
            raise StoreUnavailable(why) from error
        raise
    finally:
        await engine.dispose()


async def _pending(connection: AsyncConnection) -> list[str]:
    """Raises alembic's CommandError where the database is at a revision that this code does not know: a newer one."""
    current = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_heads())
    known = _scripts().iterate_revisions("head", current or "base")
    return [script.revision for script in known][::-1]


def _upgrade(connection: sa.Connection) -> None:
    alembic = config()
    alembic.attributes["connection"] = connection  # see migrations/env.py
    command.upgrade(alembic, "head")
