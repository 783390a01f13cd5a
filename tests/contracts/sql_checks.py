"""What a SQL store must bear and one in memory never meets, and what it costs. The adapters' tests bring the faults."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from contracts.store_samples import card, claim, day, moved, notice, once, opened, payment, stored, try_open
from unionhub.adapters.sql import migrate
from unionhub.adapters.sql.engine import EngineOptions, create_engine, database_url
from unionhub.adapters.sql.store import SqlStore
from unionhub.adapters.sql.tables import METADATA
from unionhub.domain.model.transactions import PaymentEvent
from unionhub.ports.store import StoreUnavailable


async def check_migrations(fresh_url: str) -> None:
    """Three hosts start at once on an empty database: one migrates, and all find it at its head."""
    versions = Path(migrate.__file__).parent / "migrations" / "versions"
    everything = sorted(path.name.partition("_")[0] for path in versions.glob("[0-9]*.py"))
    assert await migrate.pending(fresh_url) == everything
    store = SqlStore(fresh_url)
    assert not await store.ready()
    assert not await migrate.at_head(fresh_url)
    applied = await asyncio.gather(*(migrate.upgrade(fresh_url) for _ in range(3)))
    assert sorted(applied) == [[], [], everything]
    assert await migrate.at_head(fresh_url)
    assert everything[-1] == migrate.head()
    assert await store.ready()
    await store.close()
    assert await _differences(fresh_url) == []


async def _differences(url: str) -> list[object]:
    """Between the tables as migrated and as `tables.py` has them."""

    def compare(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA))

    engine = create_engine(database_url(url), EngineOptions(pool_size=1))
    async with engine.connect() as connection:
        found = await connection.run_sync(compare)
    await engine.dispose()
    return found


async def pay(store: SqlStore, number: int) -> None:
    """A payment's two units of work, as the runner has them."""
    wanted = payment(number, card_id=1, reservations=(once(f"key {number}"), day(5, 1, 10**9)))
    async with store.begin() as unit:
        assert await unit.admit(wanted.sender, f"uuid {number}", claim(number, msg_id=wanted.msg_id)) is None
        assert await unit.card_by_token(card(1).token_index) is not None
        assert await unit.open_payment(wanted) == ""
        await unit.commit()
    assert await store.move_payment(wanted, moved(wanted, PaymentEvent.APPROVE, code="00"), [notice(number)])


async def check_a_move_and_what_it_gives_back_are_one(store: SqlStore) -> None:
    before = payment(1, reservations=(once("key"), day(5, 1, 10)))
    after = moved(before, PaymentEvent.DECLINE)
    await opened(store, before)
    for lost_at in ("DELETE", "UPDATE"):
        with statements_of(store, lost_at=lost_at), pytest.raises(StoreUnavailable):
            await store.move_payment(before, after)
        assert await stored(store) == before
        assert await try_open(store, payment(2, reservations=(once("key"),))) == "02"
    assert await store.move_payment(before, after)
    assert await try_open(store, payment(2, reservations=(once("key"), day(10, 1, 10)))) == ""


@contextmanager
def statements_of(store: SqlStore, *, lost_at: str = "") -> Iterator[list[str]]:
    """What is sent to the database meanwhile: the first word of each. The connection is lost at the one that is `lost_at`."""
    database = store._database
    driver = database.driver
    seen: list[str] = []

    class Listening:
        begin = driver.begin
        is_closed = staticmethod(driver.is_closed)
        is_unavailable = staticmethod(driver.is_unavailable)

        @staticmethod
        async def fetch(connection: object, sql: str, arguments: list[object]) -> object:
            seen.append(sql.split()[0])
            if seen[-1] == lost_at:
                raise ConnectionResetError
            return await driver.fetch(connection, sql, arguments)

        @staticmethod
        async def command(connection: object, sql: str) -> None:
            seen.append(sql.split()[0])
            await driver.command(connection, sql)

    database.driver = Listening()  # type: ignore[assignment]
    try:
        yield seen
    finally:
        database.driver = driver
