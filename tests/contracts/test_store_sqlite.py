"""SqlStore on SQLite keeps the store's contract, also when the file is busy, full or gone."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from contracts.sql_checks import (
    LOOK_UPS,
    check_a_look_up_is_one_statement_by_its_index,
    check_a_move_and_what_it_gives_back_are_one,
    check_migrations,
    pay,
    statements_of,
)
from contracts.sql_first_schema import check_first_schema_is_carried_over, check_second_usable_cards_are_refused
from contracts.store_contract import StoreContract
from contracts.store_samples import NOW, House, awaited, card, opened, payment, stored
from support import loop, stores
from unionhub.adapters.sql import migrate
from unionhub.adapters.sql.engine import EngineOptions, database_url
from unionhub.adapters.sql.rows import instant, micros
from unionhub.adapters.sql.store import SqlStore
from unionhub.ports.store import StoreUnavailable


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    now = [micros(NOW)]
    options = EngineOptions(store_time_us=lambda: now[0])

    async def store_time() -> datetime:
        return instant(now[0])

    async def wait(seconds: float) -> None:
        now[0] += round(seconds * 1_000_000)

    url = stores.sqlite_url(tmp_path)
    with loop.running() as run:
        store, other = SqlStore(url, options), SqlStore(url, options)
        yield House(run, store, other, store_time, wait)
        run(store.close())
        run(other.close())


class TestSqliteStore(StoreContract):
    """As the contract says."""


def test_migrations_are_what_the_tables_say(tmp_path: Path) -> None:
    loop.run(check_migrations(stores.sqlite_url(tmp_path, migrated=False)))


def test_a_database_of_the_first_schema_is_carried_over(tmp_path: Path) -> None:
    loop.run(check_first_schema_is_carried_over(stores.sqlite_url(tmp_path, migrated=False)))


def test_second_usable_cards_of_the_first_schema_are_refused(tmp_path: Path) -> None:
    loop.run(check_second_usable_cards_are_refused(stores.sqlite_url(tmp_path, migrated=False)))


@awaited
async def test_what_a_payment_sends(house: House) -> None:
    assert isinstance(house.store, SqlStore)
    async with house.store.begin() as unit:
        await unit.put_card(card(1))
        await unit.commit()
    with statements_of(house.store) as seen:
        await pay(house.store, 1)
    first = ["BEGIN", "INSERT", "INSERT", "SELECT", "INSERT", "INSERT", "INSERT", "COMMIT"]
    assert seen == [*first, "BEGIN", "UPDATE", "INSERT", "COMMIT"]


@awaited
async def test_who_reads_first_may_write_then(house: House) -> None:
    """Without BEGIN IMMEDIATE one of them would be told that what it read is old."""

    async def count(number: int) -> None:
        async with house.host(number).begin() as unit:
            seen = int(await unit.marker("count") or "0")
            await asyncio.sleep(0.001)
            await unit.put_marker("count", str(seen + 1))
            await unit.commit()

    await asyncio.gather(*map(count, range(30)))
    async with house.store.begin() as unit:
        assert await unit.marker("count") == "30"


def test_it_is_durable_and_makes_its_folder(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/not/there/hub.sqlite"

    async def settings() -> list[object]:
        store = SqlStore(url)
        database = store._database
        link = await database.connect()
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        fetch = database.driver.fetch
        found = [(await fetch(link.driver_connection, f"PRAGMA {name}", ()))[0][0] for name in names]
        database.give_back(link)
        await store.close()
        return found

    assert loop.run(settings()) == ["wal", 2, 1, 5000]  # 2 is FULL


@pytest.mark.parametrize("name", LOOK_UPS)
@awaited
async def test_a_look_up_is_one_statement_by_its_index(house: House, name: str) -> None:
    assert isinstance(house.store, SqlStore)
    await check_a_look_up_is_one_statement_by_its_index(house.store, name)


@awaited
async def test_a_move_and_what_it_gives_back_are_one(house: House) -> None:
    assert isinstance(house.store, SqlStore)
    await check_a_move_and_what_it_gives_back_are_one(house.store)


class TestUnavailable:
    @staticmethod
    def impatient(url: str) -> SqlStore:
        return SqlStore(url, EngineOptions(lock_timeout_s=0.1, pool_timeout_s=0.2))

    def test_another_process_holds_the_lock_too_long(self, tmp_path: Path) -> None:
        url = stores.sqlite_url(tmp_path)
        path = database_url(url).database
        assert path
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")

        async def try_it() -> None:
            store = self.impatient(url)
            with pytest.raises(StoreUnavailable, match="SQLITE_BUSY"):
                await opened(store, payment())
            holder.execute("ROLLBACK")
            await opened(store, payment())
            await store.close()

        loop.run(try_it())
        holder.close()

    def test_this_process_holds_it_too_long(self, tmp_path: Path) -> None:
        async def try_it() -> None:
            store = self.impatient(stores.sqlite_url(tmp_path))
            async with store.begin() as unit:
                with pytest.raises(StoreUnavailable, match="no free connection"):
                    await opened(store, payment(2))
                assert await unit.open_payment(payment()) == ""
                await unit.commit()
            assert await stored(store) == payment()
            await store.close()

        loop.run(try_it())

    @awaited
    async def test_the_disk_is_full(self, house: House) -> None:
        assert isinstance(house.store, SqlStore)
        database = house.store._database
        link = await database.connect()
        ((pages,),) = await database.driver.fetch(link.driver_connection, "PRAGMA page_count", ())
        await database.driver.fetch(link.driver_connection, f"PRAGMA max_page_count = {pages}", ())
        database.give_back(link)

        async def fill() -> None:
            async with house.store.begin() as unit:
                for number in range(100):
                    await unit.record_payment(payment(number, note="x" * 10_000))

        with pytest.raises(StoreUnavailable, match="SQLITE_FULL"):
            await fill()
        async with house.other.begin() as unit:
            assert await unit.payments() == []

    @awaited
    async def test_the_connection_is_gone_at_commit(self, house: House) -> None:
        assert isinstance(house.store, SqlStore)
        async with house.store.begin() as unit:
            await unit.record_payment(payment())
            await unit._link.driver_connection.close()  # type: ignore[attr-defined]
            with pytest.raises(StoreUnavailable, match="commit"):
                await unit.commit()
        async with house.store.begin() as unit:
            assert await unit.payment(1) is None

    @awaited
    async def test_who_goes_on_after_an_error_cannot_commit(self, house: House) -> None:
        async with house.store.begin() as unit:
            await unit.record_payment(payment(1))
            with pytest.raises(sqlite3.IntegrityError):
                await unit.record_payment(payment(2, note=None))
            with pytest.raises(StoreUnavailable, match="failed"):
                await unit.commit()
        async with house.store.begin() as unit:
            assert await unit.payment(1) is None

    def test_the_file_cannot_be_opened(self, tmp_path: Path) -> None:
        async def try_it() -> None:
            store = self.impatient(f"sqlite:///{tmp_path}")  # a folder
            with pytest.raises(StoreUnavailable, match="SQLITE_CANTOPEN"):
                await opened(store, payment())
            assert not await store.ready()
            await store.close()
            with pytest.raises(StoreUnavailable, match="SQLITE_CANTOPEN"):
                await migrate.pending(f"sqlite:///{tmp_path}")

        loop.run(try_it())


class TestUrls:
    @pytest.mark.parametrize(
        ("given", "driver"),
        [
            ("sqlite:///a/b.sqlite", "sqlite+aiosqlite"),
            ("sqlite+aiosqlite:////a", "sqlite+aiosqlite"),
            ("postgresql://u:p@h/d", "postgresql+asyncpg"),
            ("postgres://u:p@h/d", "postgresql+asyncpg"),
            ("postgresql+asyncpg://u:p@h/d", "postgresql+asyncpg"),
        ],
    )
    def test_what_is_understood(self, given: str, driver: str) -> None:
        assert database_url(given).drivername == driver

    @pytest.mark.parametrize(
        "given", ["", "secret", "sqlite://", "sqlite:///:memory:", "mysql://u:secret@h/d", "x://secret:secret"]
    )
    def test_what_is_not_is_refused_without_being_shown(self, given: str) -> None:
        with pytest.raises(ValueError) as refused:  # noqa: PT011
            database_url(given)
        assert "secret" not in str(refused.value)
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__ or refused.value.__context__ is None

    def test_libpqs_sslmode_is_asyncpgs_ssl(self) -> None:
        assert dict(database_url("postgresql://h/d?sslmode=require&x=1").query) == {"ssl": "require", "x": "1"}
