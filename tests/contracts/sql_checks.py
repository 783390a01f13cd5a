"""What a SQL store must bear and one in memory never meets, and what it costs. The adapters' tests bring the faults."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from contracts.store_samples import NOW, card, claim, day, moved, notice, once, opened, payment, stored, try_open
from unionhub.adapters.sql import migrate
from unionhub.adapters.sql.engine import EngineOptions, create_engine, database_url
from unionhub.adapters.sql.store import SqlStore
from unionhub.adapters.sql.tables import METADATA
from unionhub.domain.model.notices import NoticeState
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
    differences = await _differences(fresh_url)
    assert differences == [], differences


async def _differences(url: str) -> list[object]:
    """Between the tables as migrated and as `tables.py` has them."""

    def compare(connection: sa.Connection) -> list[object]:
        found = list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA))
        return found + sorted(_definitions(connection) ^ _definitions_of_tables(connection))

    engine = create_engine(database_url(url), EngineOptions(pool_size=1))
    async with engine.connect() as connection:
        found = await connection.run_sync(compare)
        await connection.rollback()
    await engine.dispose()
    return found


def _definitions_of_tables(connection: sa.Connection) -> set[str]:
    if connection.dialect.name == "sqlite":
        with sa.create_engine("sqlite://").connect() as beside:
            METADATA.create_all(beside)
            return _definitions(beside)
    connection.execute(sa.text("CREATE SCHEMA beside"))  # rolled back
    connection.execute(sa.text("SET LOCAL search_path = beside"))
    METADATA.create_all(connection)
    return _definitions(connection)


def _definitions(connection: sa.Connection) -> set[str]:
    """Indexes and constraints with their conditions, which Alembic does not compare."""
    if connection.dialect.name == "sqlite":
        texts = ["SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"]
    else:
        texts = [
            "SELECT replace(indexdef, current_schema() || '.', '') FROM pg_indexes WHERE schemaname = current_schema()",
            "SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = current_schema()::regnamespace AND contype <> 'n'",  # whose names say how they came about
        ]
    found = {str(row[0]) for text in texts for row in connection.execute(sa.text(text))}
    return {definition for definition in found if "alembic_version" not in definition}


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
        is_taken = staticmethod(driver.is_taken)
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


LOOK_UPS: Final[dict[str, tuple[Callable[[Any], Awaitable[object]], str]]] = {
    "by settlement key": (lambda unit: unit.payment_for_acquirer("a", settlement_key="k"), "ix_payments_settlement_key"),
    "by msg_id": (lambda unit: unit.payment_for_acquirer("a", msg_id="m"), "uq_payments_msg_id_sender"),
    "by additional processing": (lambda unit: unit.payment_of_additional("m"), "ix_payments_additional_msg_id"),
    "what undoes it": (lambda unit: unit.payments_undoing(1), "ix_payments_orig_payment_id"),
    "an act": (lambda unit: unit.act(1), "pk_acts"),
    "an enrolment": (lambda unit: unit.enrolment_of("g", "m"), "uq_enrolments_gateway_msg_id"),
    "enrolments that are due": (
        lambda unit: unit.lease_enrolments("a", NOW, limit=1, lease=timedelta(seconds=1)),
        "ix_enrolments_opening",
    ),
    "enrolments that are due, of others": (
        lambda unit: unit.lease_enrolments("a", NOW, limit=1, lease=timedelta(seconds=1), passing_over=("i",)),
        "ix_enrolments_opening",
    ),
    "payments that are due": (
        lambda unit: unit.lease_payments("a", NOW, limit=1, lease=timedelta(seconds=1)),
        "ix_payments_unfinished",
    ),
    "payments that are due, of others": (
        lambda unit: unit.lease_payments("a", NOW, limit=1, lease=timedelta(seconds=1), passing_over=("i",)),
        "ix_payments_unfinished",
    ),
    "notices that are due": (
        lambda unit: unit.lease_notices("a", NOW, limit=1, lease=timedelta(seconds=1)),
        "ix_notices_queued",
    ),
    "notices that are due, of others": (
        lambda unit: unit.lease_notices("a", NOW, limit=1, lease=timedelta(seconds=1), passing_over=("r",)),
        "ix_notices_queued",
    ),
    "notices since a time": (lambda unit: unit.notices_since(NOW, set(NoticeState)), "ix_notices_created_at"),
    "a code": (lambda unit: unit.code_by_index(b"i"), "uq_codes_index"),
    "a code by its barcode": (lambda unit: unit.code_by_index(b"i"), "uq_codes_barcode_index"),
    "codes of an act": (lambda unit: unit.codes_of(1), "ix_codes_act_id_position"),
    "a QR inquiry": (lambda unit: unit.qr_inquiry("s", "m"), "pk_qr_inquiries"),
    "a user's latest login": (lambda unit: unit.latest_login("c", "u", "i"), "ix_logins_channel_user_id_industry_ends_at"),
    "the card lists that were given": (
        lambda unit: unit.card_lists("g", "c", "u", NOW),
        "ix_card_lists_given_to_channel_user_id_ends_at",
    ),
    "what is used of allowances": (lambda unit: unit.used("k"), "pk_counters"),
    "cards of an account": (lambda unit: unit.cards(account_index=b"a"), "ix_cards_account_index"),
    "the trail of one subject": (lambda unit: unit.audit(subject="s"), "ix_audit_subject_position"),
}
"""What one statement must find, and the index by which it finds it on PostgreSQL."""


NO_TABLES: Final = ("CONSTANT", " due", "json_each")
"""What SQLite scans besides tables: one row, what was found due, and the list of a parameter."""


async def check_a_look_up_is_one_statement_by_its_index(store: SqlStore, name: str) -> None:
    look_up, index = LOOK_UPS[name]
    database = store._database
    on_sqlite = database.dialect.name == "sqlite"
    async with store.begin() as unit:
        connection = unit._connection()  # type: ignore[attr-defined]
        with texts_of(store) as sent:
            await look_up(unit)
        ((sql, arguments),) = sent
        if on_sqlite:
            plan = await database.driver.fetch(connection, f"EXPLAIN QUERY PLAN {sql}", arguments)
            steps = [str(row[-1]) for row in plan]
            assert not [step for step in steps if step.startswith("SCAN") and not any(each in step for each in NO_TABLES)], (
                steps
            )
        else:
            # The tables are empty: say that reading all of one is dear, as it will be.
            await database.driver.fetch(connection, "SET LOCAL enable_seqscan = off", ())
            plan = await database.driver.fetch(connection, f"EXPLAIN {sql}", arguments)
            assert any(index in row[0] for row in plan), [row[0] for row in plan]


@contextmanager
def texts_of(store: SqlStore) -> Iterator[list[tuple[str, Sequence[Any]]]]:
    """The statements that are sent meanwhile, whole, with their arguments."""
    driver: Any = store._database.driver
    sent: list[tuple[str, Sequence[Any]]] = []
    fetch = driver.fetch

    async def listening(connection: Any, sql: str, arguments: Sequence[Any]) -> Any:
        sent.append((sql, arguments))
        return await fetch(connection, sql, arguments)

    driver.fetch = listening
    try:
        yield sent
    finally:
        del driver.fetch
