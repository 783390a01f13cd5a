"""SqlStore on PostgreSQL keeps the store's contract, also when the server cuts it off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa

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
from contracts.store_samples import (
    House,
    act,
    audit_entry,
    awaited,
    card,
    claim,
    code,
    day,
    enrolment,
    moved,
    notice,
    once,
    opened,
    payment,
    qr_inquiry,
    share,
    stored,
    usable_card,
)
from support import loop, stores
from unionhub.adapters.sql import migrate
from unionhub.adapters.sql.engine import EngineOptions, database_url
from unionhub.adapters.sql.store import SqlStore
from unionhub.domain.model.transactions import PaymentEvent
from unionhub.ports.store import StoreUnavailable, UnitOfWork

HELD = (once("a", kept=True), once("b"), share(1, "c", 9), day(1, 1, 9))


@pytest.fixture(scope="module")
def url() -> str:
    try:
        return stores.postgres_url()
    except stores.NoPostgres as reason:
        pytest.skip(str(reason))


@pytest.fixture
def house(url: str) -> Iterator[House]:
    async def store_time() -> datetime:
        engine = store._database.engine
        async with engine.connect() as connection:
            found: datetime = (await connection.execute(sa.text("SELECT clock_timestamp()"))).scalar_one()
            await connection.rollback()
        return found

    async def wait(seconds: float) -> None:
        await asyncio.sleep(seconds)

    stores.empty(url)
    with loop.running() as run:
        store, other = SqlStore(url), SqlStore(url, EngineOptions(pool_size=4))
        yield House(run, store, other, store_time, wait)
        run(store.close())
        run(other.close())


class TestPostgresStore(StoreContract):
    """As the contract says."""


@pytest.mark.usefixtures("url")
def test_migrations_are_what_the_tables_say() -> None:
    loop.run(check_migrations(stores.postgres_url(migrated=False)))


@pytest.mark.usefixtures("url")
def test_a_database_of_the_first_schema_is_carried_over() -> None:
    loop.run(check_first_schema_is_carried_over(stores.postgres_url(migrated=False)))


@pytest.mark.usefixtures("url")
def test_second_usable_cards_of_the_first_schema_are_refused() -> None:
    loop.run(check_second_usable_cards_are_refused(stores.postgres_url(migrated=False)))


@awaited
async def test_what_a_payment_sends(house: House) -> None:
    assert isinstance(house.store, SqlStore)
    async with house.store.begin() as unit:
        await unit.put_card(card(1))
        await unit.commit()
    with statements_of(house.store) as seen:
        await pay(house.store, 1)
    assert seen == ["BEGIN", "WITH", "SELECT", "WITH", "COMMIT", "WITH"]


@awaited
async def test_what_else_is_one_statement(house: House) -> None:
    """Each costs a round trip, on the way to an answer."""
    assert isinstance(house.store, SqlStore)
    sends: list[tuple[Callable[[UnitOfWork], Awaitable[object]], list[str]]] = [
        (lambda unit: unit.open_payment(payment(1, reservations=HELD)), ["WITH"]),
        (lambda unit: unit.record_payment(payment(2)), ["INSERT"]),
        (lambda unit: unit.record_payment(payment(3), [notice(1), notice(2)]), ["INSERT", "INSERT"]),
        (lambda unit: unit.record_act(act(1)), ["INSERT"]),
        (lambda unit: unit.close_act(act(1)), ["UPDATE"]),
        (lambda unit: unit.add_enrolment(enrolment(1)), ["INSERT"]),
        (lambda unit: unit.move_enrolment(enrolment(1, version=1)), ["UPDATE"]),
        (lambda unit: unit.add_codes([code(1), code(2), code(3)]), ["INSERT"]),
        (lambda unit: unit.put_card(usable_card(1)), ["INSERT"]),
        (lambda unit: unit.move_card(usable_card(1), usable_card(1, reason="x")), ["UPDATE"]),
        (lambda unit: unit.put_qr_inquiry(qr_inquiry()), ["INSERT"]),
        (lambda unit: unit.add_audit(audit_entry()), ["INSERT"]),
    ]
    async with house.store.begin() as unit:
        for send, expected in sends:
            with statements_of(house.store) as seen:
                await send(unit)
            assert seen == expected


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
    @awaited
    async def test_the_server_cuts_a_unit_off(self, house: House, url: str) -> None:
        async def work() -> None:
            async with house.store.begin() as unit:
                await unit.record_payment(payment())
                await stores.terminate_other_connections(url)
                await unit.payment(1)

        with pytest.raises(StoreUnavailable):
            await work()
        async with house.store.begin() as unit:
            assert await unit.payment(1) is None

    @awaited
    async def test_the_server_cuts_it_off_at_commit(self, house: House, url: str) -> None:
        async def work() -> None:
            async with house.store.begin() as unit:
                await unit.record_payment(payment())
                await stores.terminate_other_connections(url)
                await unit.commit()

        with pytest.raises(StoreUnavailable, match="commit"):
            await work()
        await opened(house.store, payment())

    @awaited
    async def test_a_restart_of_the_server_is_not_noticed(self, house: House, url: str) -> None:
        async def look(number: int) -> None:
            async with house.store.begin() as unit:
                await asyncio.sleep(0.01)
                assert await unit.payment(number) is None

        await asyncio.gather(*map(look, range(8)))
        await stores.terminate_other_connections(url)
        await asyncio.gather(*map(look, range(8)))

    @awaited
    async def test_who_goes_on_after_an_error_cannot_commit(self, house: House) -> None:
        """PostgreSQL would answer such a COMMIT with ROLLBACK, and no error."""
        async with house.store.begin() as unit:
            await unit.record_payment(payment(1))
            with pytest.raises(Exception, match="not-null"):
                await unit.record_payment(payment(2, note=None))
            with pytest.raises(StoreUnavailable, match="failed"):
                await unit.commit()
        async with house.store.begin() as unit:
            assert await unit.payment(1) is None

    @awaited
    async def test_a_transaction_that_failed_unnoticed_is_no_commit(self, house: House) -> None:
        async with house.store.begin() as unit:
            await unit.record_payment(payment(1))
            with pytest.raises(Exception, match="nonsense"):
                await unit._link.driver_connection.execute("nonsense")  # type: ignore[attr-defined]
            with pytest.raises(StoreUnavailable, match="commit: CommitRefused"):
                await unit.commit()

    @awaited
    async def test_the_server_cuts_a_move_off(self, house: House, url: str) -> None:
        """A move of one statement has no BEGIN to find out; but a connection that is known to be dead is not used."""
        await opened(house.store, payment())
        await stores.terminate_other_connections(url)
        await asyncio.sleep(0.05)
        after = moved(payment(), PaymentEvent.APPROVE)
        assert await house.store.move_payment(payment(), after)
        assert not await house.store.move_payment(payment(), after)
        assert await stored(house.store) == after

    @awaited
    async def test_a_lock_is_waited_for_only_so_long(self, house: House, url: str) -> None:
        impatient = SqlStore(url, EngineOptions(lock_timeout_s=0.1, pool_size=1, pool_timeout_s=0.1))
        async with house.store.begin() as unit:
            await unit.admit("39990001", "u1", claim())
            with pytest.raises(StoreUnavailable, match="55P03"):
                async with impatient.begin() as other:
                    await other.admit("39990001", "u2", claim())
        async with impatient.begin():
            with pytest.raises(StoreUnavailable, match="no free connection"):
                await stored(impatient)
        await impatient.close()

    @awaited
    async def test_there_is_no_server(self, house: House) -> None:
        nowhere = SqlStore("postgresql://somebody:secret@127.0.0.1:1/hub", EngineOptions(connect_timeout_s=1))
        with pytest.raises(StoreUnavailable) as failed:
            await opened(nowhere, payment())
        assert "secret" not in repr(failed.value) + repr(failed.value.__cause__)
        assert not await nowhere.ready()
        await nowhere.close()
        with pytest.raises(StoreUnavailable) as failed:
            await migrate.upgrade("postgresql://somebody:secret@127.0.0.1:1/hub")
        assert "secret" not in repr(failed.value) + repr(failed.value.__cause__)

    @awaited
    async def test_there_is_no_such_database(self, house: House, url: str) -> None:
        elsewhere = database_url(url).set(database="nobody_made_this").render_as_string(hide_password=False)
        store = SqlStore(elsewhere)
        with pytest.raises(StoreUnavailable, match="3D000"):
            await opened(store, payment())
        await store.close()
