"""What a command needs of the hub: its settings and its store. No keys are made, no port is opened, nothing is logged."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, TypeVar

import asyncpg
import msgspec
from alembic.script.revision import RevisionError
from alembic.util.exc import CommandError as AlembicError
from sqlalchemy.exc import SQLAlchemyError

from unionhub.adapters.memory.clock import SystemClock
from unionhub.adapters.sql import migrate
from unionhub.adapters.sql.store import SqlStore
from unionhub.hosts.sandbox.clock import OFFSET_FILE, FileClock
from unionhub.hosts.settings import Settings, load_settings
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store, StoreUnavailable

from .failures import CommandError

T = TypeVar("T")

_TROUBLE: Final = (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, sqlite3.Error)


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator's command works with."""

    settings: Settings
    store: Store
    clock: Clock


def at_desk(work: Callable[[Desk], Awaitable[T]]) -> T:
    """Run `work` with the store of the settings. Raises the one-line errors of settings and store."""
    settings = load_settings()

    async def main() -> T:
        async with open_store(settings) as store:
            return await work(Desk(settings=settings, store=store, clock=business_clock(settings)))

    return asyncio.run(main())


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The store, migrated to this version. Raises CommandError or StoreUnavailable where it cannot be used."""
    _refuse_to_make(settings)
    store = SqlStore(settings.database_url.reveal())
    try:
        if not await store.ready():
            raise await _unready(settings)
        yield store
    finally:
        await store.close()


async def prepare_database(settings: Settings, *, upgrade: bool) -> list[str]:
    """For hosts: the migrations that were applied. Without `upgrade`, raises CommandError for a database that is behind."""
    if not upgrade:
        _refuse_to_make(settings)
    with reaching(settings):
        if upgrade:
            return await migrate.upgrade(settings.database_url.reveal())
        if behind := await migrate.pending(settings.database_url.reveal()):
            raise _behind(behind)
    return []


@contextmanager
def reaching(settings: Settings) -> Iterator[None]:
    """Around what talks to the database past the store: what the drivers raise becomes one line."""
    try:
        yield
    except (AlembicError, RevisionError):
        raise CommandError("the database is of a newer unionhub than this one: run that version") from None
    except (StoreUnavailable, *_TROUBLE) as error:
        cause = error.__cause__ if isinstance(error, (StoreUnavailable, SQLAlchemyError)) and error.__cause__ else error
        raise StoreUnavailable(f"{settings.database_url.masked} ({_short(cause)})") from None


def business_clock(settings: Settings) -> Clock:
    """The hub's business time: in development the sandbox may have moved it on (`POST /sandbox/clock`)."""
    return SystemClock() if settings.production else FileClock(settings.home / OFFSET_FILE)


def database_file(settings: Settings) -> Path | None:
    """The SQLite file; None for PostgreSQL."""
    return settings.database_url.file


def _refuse_to_make(settings: Settings) -> None:
    # SQLite makes a file out of any path, and an operator in the wrong folder would look at an empty hub.
    file = database_file(settings)
    if file is not None and not file.exists():
        raise CommandError(f"there is no database at {file}: set UNIONHUB_HOME, or make one with `unionhub migrate`")


async def _unready(settings: Settings) -> Exception:
    with reaching(settings):
        if behind := await migrate.pending(settings.database_url.reveal()):
            return _behind(behind)
    return StoreUnavailable(f"{settings.database_url.masked} does not answer in time")


def _behind(revisions: list[str]) -> CommandError:
    return CommandError(f"the database is {len(revisions)} migration(s) behind: run `unionhub migrate` first")


def _short(error: BaseException) -> str:
    first = str(error).partition("\n")[0].strip()
    return first[:200] or type(error).__name__
