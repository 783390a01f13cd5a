"""Bringing a database to this code's version. Safe when several hosts start at once: one migrates, the others wait.

Hosts of the version before go on while their database is migrated under them: after `OLDEST_HOST`, migrations only add what
such a host need not know (tables, indexes, columns that are nullable or have a default). What is taken away goes in a later
release, when no host names it any more, and that release says so by raising `OLDEST_HOST`. The database keeps it, so that a
host can tell a schema that is newer but still serves it from one that does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from time import monotonic
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
from .statement import insert
from .tables import markers, sequences

_FOLDER: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x756E696F6E687562  # "unionhub": PostgreSQL's advisory locks are numbers

OLDEST_HOST: Final = "0002"
"""Hosts whose code ends with this migration or a later one may run on the schema of `head()`."""

_OLDEST_HOST_MARKER: Final = "oldest_host"
_TABLE_LOCK_MS: Final = 2_000  # hosts that go on meanwhile wait 5 s for a row
_BETWEEN_TRIES_S: Final = 1.0
_LOCK_NOT_AVAILABLE: Final = "55P03"
_RANGE_MARK: Final = ":"  # in the name of a sequence that gives numbers of a product's range (domain/flows/issuing.py)
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


@cache
def _known() -> tuple[str, ...]:
    """Every revision, in their order."""
    return tuple(script.revision for script in _scripts().walk_revisions())[::-1]


def summary(revision: str) -> str:
    """What a revision of ours does, in a line."""
    return (_scripts().get_revision(revision).doc or "").partition("\n")[0].strip().rstrip(".")


def stops_hosts(revisions: Sequence[str]) -> bool:
    """Must every host stand still while these are applied? Not for those that only add."""
    return any(_known().index(revision) <= _known().index(OLDEST_HOST) for revision in revisions)


def serves(version: str, oldest_host: str | None) -> bool:
    """May hosts of this code run on a database of that version? On an older one never; on a newer one as long as nothing was
    taken away that they name: `oldest_host` is what the newer code wrote there."""
    return version == head() or (version not in ("", *_known()) and oldest_host in _known())


async def upgrade(url: str) -> list[str]:
    """Migrate to `head()`; returns the revisions applied. All in one transaction: it is done whole, or nothing is.

    A newer database that this code may run on is left as it is.
    """
    until_s = monotonic() + _PATIENCE.lock_timeout_s
    while True:
        try:
            return await _upgrade_at_once(url)
        except StoreUnavailable as error:
            if _LOCK_NOT_AVAILABLE not in str(error) or monotonic() > until_s:
                raise
        await asyncio.sleep(_BETWEEN_TRIES_S)


async def _upgrade_at_once(url: str) -> list[str]:
    async with _connected(url) as connection:
        if connection.dialect.name == "postgresql":  # SQLite's BEGIN IMMEDIATE is a lock already
            await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.literal(_LOCK, sa.BigInteger))))
            # Whoever waits for a table makes everybody wait who comes after, and a pg_dump keeps it for its whole time.
            await connection.execute(sa.text(f"SET LOCAL lock_timeout = '{_TABLE_LOCK_MS}ms'"))
        applied = await _pending(connection)
        if await _version(connection) in ("", *_known()):
            await connection.run_sync(_upgrade)
            await connection.execute(_put(OLDEST_HOST))
        await connection.commit()
    return applied


async def pending(url: str) -> list[str]:
    """Revisions that `upgrade` would apply, in their order."""
    async with _connected(url) as connection:
        return await _pending(connection)


async def at_head(url: str) -> bool:
    return not await pending(url)


async def version(url: str) -> str:
    """The revision that the database is at; empty before the first one."""
    async with _connected(url) as connection:
        return await _version(connection)


async def skip_numbers(url: str, numbers: int, cards: int) -> list[str]:
    """After going back to a backup: move sequences on, so that nothing is given twice that was given since it was made.

    By `numbers` those of messages, notices, codes and card ids; by `cards` those of products' ranges, which are not endless.
    Returns the names of the sequences. No host may run, for each holds a block of numbers already.
    """
    async with _connected(url) as connection:
        by = sa.case((sequences.c.name.contains(_RANGE_MARK), cards), else_=numbers)
        moved = sa.update(sequences).values(next_value=sequences.c.next_value + by).returning(sequences.c.name)
        names = sorted((await connection.execute(moved)).scalars())
        await connection.commit()
    return names


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
    """Raises alembic's CommandError where the database is at a newer revision that this code cannot run on."""
    current = await _version(connection)
    if current not in ("", *_known()) and serves(current, await connection.scalar(_OLDEST_HOST_THERE)):
        return []
    known = _scripts().iterate_revisions("head", current or "base")
    return [script.revision for script in known][::-1]


async def _version(connection: AsyncConnection) -> str:
    return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision()) or ""


_OLDEST_HOST_THERE: Final = sa.select(markers.c.value).where(markers.c.name == _OLDEST_HOST_MARKER)


def _put(oldest_host: str) -> sa.Executable:
    wanted = {"name": _OLDEST_HOST_MARKER, "value": oldest_host}
    return insert(markers).values(wanted).on_conflict_do_update(index_elements=["name"], set_={"value": oldest_host})


def _upgrade(connection: sa.Connection) -> None:
    alembic = config()
    alembic.attributes["connection"] = connection  # see migrations/env.py
    command.upgrade(alembic, "head")
