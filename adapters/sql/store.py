"""The store on SQLite or PostgreSQL (ports/store.py has the contract)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from unionhub.domain.model.notices import Notice
from unionhub.domain.model.transactions import Payment
from unionhub.ports.store import UnitOfWork

from . import migrate
from .card_lists import CardLists
from .cards import Cards
from .codes import Codes
from .drivers import driver_for
from .engine import EngineOptions, create_engine, database_url
from .enrolments import Acts, Enrolments
from .fused import FusedPayments
from .marketing import Marketing
from .notices import Notices
from .orders import Orders
from .pages import Pages
from .payments import GIVES_BACK
from .reference import Reference
from .services import Services
from .stepwise import StepwisePayments
from .transaction import Database, SingleStatement
from .upkeep import Upkeep

_READY_TIMEOUT_S: Final = 3.0


class _Rest(Notices, Orders, Acts, Enrolments, Codes, Cards, Reference, Services, CardLists, Marketing, Upkeep, Pages):
    """What both databases do alike."""


class SqliteUnit(StepwisePayments, _Rest):
    """A unit of work on SQLite."""


class PostgresUnit(FusedPayments, _Rest):
    """A unit of work on PostgreSQL."""


class PostgresMove(SingleStatement, PostgresUnit):
    """A move that gives nothing back is one statement, and needs no more."""


class SqlStore:
    """Any number of hosts may share one PostgreSQL; processes on one machine may share a SQLite file.

    `url` is `sqlite:///path` or `postgresql://...`; the database must have been migrated (`migrate.upgrade`).
    """

    def __init__(self, url: str, options: EngineOptions | None = None) -> None:
        options = options or EngineOptions()
        parsed = database_url(url)
        on_sqlite = parsed.get_backend_name() == "sqlite"
        self._unit: type[SqliteUnit | PostgresUnit] = SqliteUnit if on_sqlite else PostgresUnit
        self._move: type[SqliteUnit | PostgresUnit] = SqliteUnit if on_sqlite else PostgresMove
        self._database = Database(
            create_engine(parsed, options),
            driver_for(parsed),
            pool_size=1 if on_sqlite else options.pool_size,
            timeout_s=options.pool_timeout_s,
        )

    @property
    def transactions_begun(self) -> int:
        """Database transactions since the start: a payment is two, an inquiry one (DESIGN section 2.4)."""
        return self._database.transactions_begun

    def begin(self) -> UnitOfWork:
        return self._unit(self._database)

    async def move_payment(self, before: Payment, after: Payment, notices: Sequence[Notice] = ()) -> bool:
        unit = self._unit if after.state in GIVES_BACK else self._move
        async with unit(self._database) as work:
            moved = await work.move_payment(before, after, notices)
            await work.commit()
        return moved

    async def ready(self) -> bool:
        """Asks the database itself, outside of any transaction; never raises."""
        try:
            async with asyncio.timeout(_READY_TIMEOUT_S):
                return migrate.serves(*await self._database.version())
        except Exception:
            return False

    async def close(self) -> None:
        await self._database.close()
