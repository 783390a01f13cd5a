"""From an older schema to the last one with data in every table: nothing is lost, nothing changes, and today's store reads it.

From the first schema: tests/contracts/sql_first_schema.py, whose rows were written by hand.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from upgrades.schemas import Row, at_connection, schema_of

from contracts.store_samples import (
    NOW,
    SECOND,
    act,
    audit_entry,
    card,
    claim,
    code,
    enrolment,
    face,
    notice,
    odd_enrolment,
    odd_payment,
    once,
    party,
    payment,
    product,
    qr_inquiry,
    share,
)
from contracts.store_services import grant, login, service
from support import loop, stores
from unionhub.adapters.sql import migrate
from unionhub.adapters.sql.store import SqlStore
from unionhub.domain.model.notices import Attempt
from unionhub.domain.model.transactions import Payment
from unionhub.ports.store import Store, WrappedKey

SINCE_0003 = {"order_id": None, "masked_pan": ""}
"""What payments and notices have more since, and what it is in rows of hosts that knew nothing of it."""


def of_then(item: Payment) -> Payment:
    """The sample as a host of 0003 had it: it names whatever there is now."""
    return msgspec.structs.replace(item, **SINCE_0003)


HELD = payment(2, reservations=(once("qr:1"), share(700, "day:1:2026-03-01", 1000)))
ODD = of_then(odd_payment())
QUEUED = notice(1)
ATTEMPT = Attempt(at=NOW, outcome="timeout", latency_ms=12)
REVISIONS = migrate._known()
COUNTED = {"notices": ("position",), "attempts": ("position",), "audit": ("position",)}  # by the database itself


async def fill(store: Store) -> None:
    """A bit of everything that a host of 0003 kept."""
    async with store.begin() as unit:
        assert await unit.admit("39990001", "uuid", claim()) is None
        await unit.record_payment(ODD)
        assert await unit.open_payment(HELD) == ""
        await unit.record_payment(payment(3, state=ODD.state), (QUEUED,))
        await unit.record_act(act())
        await unit.add_enrolment(enrolment(1))
        await unit.add_enrolment(odd_enrolment(2))
        assert await unit.add_codes([code(1)])
        await unit.put_qr_inquiry(qr_inquiry())
        await unit.put_card_face(face())
        assert await unit.put_card(card(1))
        await unit.put_party(party())
        await unit.put_product(product())
        await unit.put_service(service())
        await unit.put_grant(grant())
        await unit.add_login(login())
        await unit.add_audit(audit_entry())
        await unit.add_wrapped_key(KEY)
        await unit.reserve_numbers("message", 1000)
        await unit.put_marker("day", "2026-03-01")
        await unit.record_attempt(QUEUED, ATTEMPT)
        await unit.commit()


KEY = WrappedKey(kind="vault", version=1, wrapped=bytes(range(64)), created_at=NOW)


async def check(store: Store) -> None:
    """All of it, as it went in."""
    async with store.begin() as unit:
        assert await unit.admit("39990001", "uuid of a repeat", claim()) == claim()
        assert await unit.payment(ODD.payment_id) == ODD
        assert await unit.payment(2) == HELD
        assert await unit.open_payment(payment(4, reservations=(once("qr:1"),))) == "02"
        assert await unit.open_payment(payment(5, reservations=(share(301, "day:1:2026-03-01", 1000),))) == "61"
        assert await unit.notice(1) == QUEUED
        assert await unit.attempts(1) == [ATTEMPT]
        assert await unit.act(1) == act()
        assert [await unit.enrolment(number) for number in (1, 2)] == [enrolment(1), odd_enrolment(2)]
        assert await unit.codes_of(1) == [code(1)]
        assert await unit.qr_inquiry("39990001", "A" * 29) == qr_inquiry()
        assert await unit.card_faces() == [face()]
        assert await unit.card(1) == card(1)
        assert await unit.parties() == [party()]
        assert await unit.products() == [product()]
        assert await unit.services() == [service()]
        assert await unit.grants() == [grant()]
        assert await unit.login(1) == login()
        assert await unit.audit() == [audit_entry()]
        assert await unit.wrapped_keys() == [KEY]
        assert await unit.reserve_numbers("message", 1) == 1001
        assert await unit.marker("day") == "2026-03-01"
        assert [found.payment_id for found in await unit.unfinished_before(NOW + timedelta(days=1))] != []
        leased = await unit.lease_notices("worker", NOW + SECOND, limit=1, lease=timedelta(seconds=60))
        assert [found.notice_id for found in leased] == [1]


def _read_all(connection: sa.Connection, schema: sa.MetaData) -> dict[str, list[Row]]:
    return {
        table.name: [dict(row._mapping) for row in connection.execute(sa.select(*table.columns))]
        for table in schema.sorted_tables
    }


def _as_hosts_of_then(connection: sa.Connection, schema: sa.MetaData, rows: dict[str, list[Row]]) -> None:
    """What today's store wrote, in the columns that there were."""
    for table in schema.sorted_tables:
        known = [
            {name: value for name, value in row.items() if name in table.c and name not in COUNTED.get(table.name, ())}
            for row in rows[table.name]
        ]
        if known:
            connection.execute(sa.insert(table), known)


@pytest.fixture(params=["sqlite", "postgres"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """(a migrated database, one without a table)."""
    if request.param == "sqlite":
        return stores.sqlite_url(tmp_path), stores.sqlite_url(tmp_path, migrated=False)
    try:
        return stores.postgres_url(), stores.postgres_url(migrated=False)
    except stores.NoPostgres as reason:
        pytest.skip(str(reason))


def test_everything_of_0003_is_there_and_read_by_todays_store(urls: tuple[str, str]) -> None:
    here, old = urls

    async def carried_over() -> None:
        store = SqlStore(here)
        await fill(store)
        await store.close()
        schema = await schema_of(old, "0003")
        rows = await at_connection(here, lambda connection: _read_all(connection, schema))
        rows["markers"] = [row for row in rows["markers"] if row["name"] == "day"]
        empty = [name for name, found in rows.items() if not found]
        assert empty == [], "a table that this test knows nothing of"
        await at_connection(old, lambda connection: _as_hosts_of_then(connection, schema, rows))
        before = await at_connection(old, lambda connection: _read_all(connection, schema))
        for revision in REVISIONS[REVISIONS.index("0003") + 1 :]:  # each for itself, as releases come
            await schema_of(old, revision)
            assert await at_connection(old, lambda connection: _read_all(connection, schema)) == before, revision
        assert await migrate.upgrade(old) == []
        carried = SqlStore(old)
        assert await carried.ready()
        await check(carried)
        await carried.close()

    loop.run(carried_over())


def test_the_samples_are_read_as_they_were_written(urls: tuple[str, str]) -> None:
    """Without this, a fault of `fill` would look like one of a migration."""

    async def same() -> None:
        store: Any = SqlStore(urls[0])
        await fill(store)
        await check(store)
        await store.close()

    loop.run(same())
