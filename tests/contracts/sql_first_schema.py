"""A database as the first schema left it, with data in it, and what must be there after migrating."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from contracts.store_samples import move, moved, stored, try_open
from unionhub.adapters.sql import migrate
from unionhub.adapters.sql.engine import EngineOptions, create_engine, database_url
from unionhub.adapters.sql.rows import instant
from unionhub.adapters.sql.store import SqlStore
from unionhub.domain.model.cards import Card, CardProduct
from unionhub.domain.model.messages import Claim
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import Notice
from unionhub.domain.model.parties import Party, PartyState, Role
from unionhub.domain.model.transactions import (
    Allowance,
    Barrier,
    Merchant,
    OnceKey,
    Payment,
    PaymentEvent,
    PaymentState,
    Reservation,
)

Rows = dict[str, list[dict[str, Any]]]

AT = 1_772_323_199_123_456  # microseconds since 1970
MANY = 1100  # more than the migration rewrites at a time
RATES = {"bill_rate": "1", "settle_rate": "1", "discounts": "[]", "merchant": "{}", "opened_at": AT}
HELD = (
    '[{"type":"once","key":"qr:\\"type\\":\\"day\\" ü","code":"02"},'
    '{"type":"day","card_id":4611686018427387904,"day":"2026-03-01","amount_minor":700,"limit_minor":1000,"code":"61"},'
    '{"type":"day","card_id":7,"day":"2026-02-28","amount_minor":5,"limit_minor":9,"code":"65"},'
    '{"type":"barrier","code":"57"}]'
)
NO_DAY = '[{"type":"once","key":"\\"type\\":\\"day\\"","code":"94"}]'
ONE_DAY = '[{"type":"day","card_id":8,"day":"2026-03-01","amount_minor":1,"limit_minor":2000,"code":"61"}]'

NUMBERS = {"token_expiry": AT, "pan_expiry": AT, "created_at": AT, "account_index": b"account"}
CARD = NUMBERS | {
    "gateway": "39990001",
    "user_id": "user",
    "product_id": "classic",
    "holder_state": "ACTIVE",
    "issuer_block": "NONE",
}

ROWS: Rows = {
    "claims": [{"sender": "39990001", "msg_id": "m1", "message": "REFUND", "digest": b"d", "payment_id": 1, "recorded_at": AT}],
    "payments": [
        RATES
        | {"payment_id": 1, "sender": "39990001", "msg_id": "m1", "state": "PENDING", "due_at": AT, "reservations": HELD}
        # None of it is a default.
        | {"kind": "MPQRC_PAYMENT_EMV", "gross_minor": 700, "gross_currency": "344", "merchant": '{"name":"ü"}', "asks": 2},
        RATES | {"payment_id": 2, "msg_id": "m2", "state": "APPROVED", "reservations": NO_DAY},
        RATES | {"payment_id": -3, "msg_id": "m3", "state": "DECLINED", "reservations": "[]"},
        *(RATES | {"payment_id": 10 + n, "msg_id": f"n{n}", "state": "APPROVED", "reservations": ONE_DAY} for n in range(MANY)),
    ],
    "once_keys": [{"key": 'qr:"type":"day" ü', "payment_id": 1}],
    "day_counters": [
        {"card_id": 2**62, "day": "2026-03-01", "used_minor": 900},
        {"card_id": 7, "day": "2026-02-28", "used_minor": 5},
        {"card_id": 8, "day": "2026-03-01", "used_minor": MANY},
    ],
    "notices": [{"notice_id": 5, "payment_id": 2, "receiver": "39990003", "state": "QUEUED", "due_at": AT, "created_at": AT}],
    "cards": [
        CARD | {"card_id": 1, "token_index": b"t1", "pan_index": b"p1"},
        CARD | {"card_id": 2, "token_index": b"t2", "pan_index": b"p2", "holder_state": "DELETED"},
    ],
    "parties": [
        {
            "app_id": "39990001",
            "role": "issuer",
            "name": "bank",
            "profile": "modern",
            "state": "LIVE",
            "keys": "[]",
            "paths": "{}",
        }
    ],
    "card_products": [
        {"product_id": "classic", "currency": "344", "trx_limit_minor": 5, "messages": '["REFUND"]'}
        | {"blocked_mccs": "[]", "gateways": "[]"}
    ],
    "sequences": [{"name": "payment", "next_value": 2001}],
}


async def check_first_schema_is_carried_over(fresh_url: str) -> None:
    await _run(fresh_url, _first_schema)
    await _run(fresh_url, lambda connection: _fill(connection, ROWS))
    pending = await migrate.pending(fresh_url)
    assert (pending[0], pending[-1]) == ("0002", migrate.head())
    assert await migrate.upgrade(fresh_url) == pending
    store = SqlStore(fresh_url)
    assert await store.ready()
    await _check_payments(store)
    await _check_what_is_held(store)
    await _check_the_rest(store)
    await store.close()


async def check_second_usable_cards_are_refused(fresh_url: str) -> None:
    """The first schema allowed them. Nothing is changed before somebody has chosen."""
    twin = {"token_index": b"t3", "pan_index": b"p3", "card_id": 3, "issuer_block": "LOST"}
    others = [CARD | {"card_id": n, "token_index": b"%d" % n, "pan_index": b"%d" % n, "user_id": f"u{n}"} for n in (4, 5)]
    await _run(fresh_url, _first_schema)
    await _run(fresh_url, lambda connection: _fill(connection, {"cards": [*ROWS["cards"], CARD | twin, *others]}))
    pending = await migrate.pending(fresh_url)
    with pytest.raises(ValueError, match=r"delete or close .*: 1 to 3$"):
        await migrate.upgrade(fresh_url)
    assert await migrate.pending(fresh_url) == pending
    await _run(fresh_url, lambda connection: connection.execute(sa.text("UPDATE cards SET issuer_block = 'CLOSED'")))
    assert await migrate.upgrade(fresh_url) == pending


async def _run(url: str, work: Callable[[sa.Connection], object]) -> None:
    engine = create_engine(database_url(url), EngineOptions(pool_size=1))
    async with engine.begin() as connection:
        await connection.run_sync(work)
    await engine.dispose()


def _first_schema(connection: sa.Connection) -> None:
    alembic = migrate.config()
    alembic.attributes["connection"] = connection
    command.upgrade(alembic, "0001")


def _fill(connection: sa.Connection, rows: Rows) -> None:
    """Insert them; columns that a row does not name, and that may not be NULL, are empty, 0 or false."""
    schema = sa.MetaData()
    schema.reflect(connection, only=list(rows))
    for name, given in rows.items():
        columns = [column for column in schema.tables[name].columns if not column.nullable and column.name != "position"]
        empty = {column.name: column.type.python_type() for column in columns}
        nulls: dict[str, Any] = {column.name: None for column in schema.tables[name].columns if column.nullable}
        connection.execute(sa.insert(schema.tables[name]), [nulls | empty | row for row in given])


def _allowance(card_id: int, day: str, amount_minor: int, limit_minor: int, code: str = "61") -> Allowance:
    return Allowance(key=f"day:{card_id}:{day}", amount_minor=amount_minor, limit_minor=limit_minor, code=code)


def _payment(payment_id: int, msg_id: str, state: PaymentState, *reservations: Reservation, **others: Any) -> Payment:
    plain: dict[str, Any] = {"kind": "", "sender": "", "due_at": None}
    return Payment(
        payment_id=payment_id,
        msg_id=msg_id,
        state=state,
        opened_at=instant(AT),
        reservations=reservations,
        **plain | others,
    )


PENDING = _payment(
    1,
    "m1",
    PaymentState.PENDING,
    OnceKey(key='qr:"type":"day" ü', code="02"),
    _allowance(2**62, "2026-03-01", 700, 1000),
    _allowance(7, "2026-02-28", 5, 9, "65"),
    Barrier(code="57"),
    kind="MPQRC_PAYMENT_EMV",
    sender="39990001",
    due_at=instant(AT),
    gross=Money(700, "344"),
    merchant=Merchant(name="ü"),
    asks=2,
)


async def _check_payments(store: SqlStore) -> None:
    assert await stored(store, 1) == PENDING
    assert await stored(store, 2) == _payment(2, "m2", PaymentState.APPROVED, OnceKey(key='"type":"day"', code="94"))
    assert await stored(store, -3) == _payment(-3, "m3", PaymentState.DECLINED)
    share = _allowance(8, "2026-03-01", 1, 2000)
    async with store.begin() as unit:
        many = await unit.payments_page(9, limit=MANY + 1)
    assert many == [_payment(10 + n, f"n{n}", PaymentState.APPROVED, share) for n in range(MANY)]


async def _check_what_is_held(store: SqlStore) -> None:
    """Counters go on where they stood, and the payment that was open gives back its share."""

    async def fits(card_id: int, day: str, amount_minor: int, limit_minor: int) -> bool:
        async with store.begin() as unit:
            wanted = _payment(9999, "try", PaymentState.PENDING, _allowance(card_id, day, amount_minor, limit_minor))
            return await unit.open_payment(wanted) == ""

    assert await fits(2**62, "2026-03-01", 100, 1000)
    assert not await fits(2**62, "2026-03-01", 101, 1000)
    assert not await fits(8, "2026-03-01", 1, MANY)
    assert await try_open(store, _payment(9999, "try", PaymentState.PENDING, PENDING.reservations[0])) == "02"
    assert await move(store, PENDING, moved(PENDING, PaymentEvent.DECLINE))
    assert await fits(2**62, "2026-03-01", 800, 1000)
    assert not await fits(2**62, "2026-03-01", 801, 1000)
    assert await fits(7, "2026-02-28", 9, 9)
    assert await try_open(store, _payment(9999, "try", PaymentState.PENDING, PENDING.reservations[0])) == ""


async def _check_the_rest(store: SqlStore) -> None:
    at = instant(AT)
    claim = Claim(sender="39990001", msg_id="m1", message="REFUND", digest=b"d", record_id=1)
    queued = Notice(notice_id=5, payment_id=2, receiver="39990003", message="", msg_id="", due_at=at, created_at=at)
    bank = Party(app_id="39990001", role=Role.ISSUER, name="bank", state=PartyState.LIVE, country="")
    product = CardProduct(
        product_id="classic",
        issuer="",
        name="",
        currency="344",
        trx_limit_minor=5,
        day_limit_minor=0,
        messages=frozenset({"REFUND"}),
        settle_currency="",
        utc_offset_minutes=0,
    )
    async with store.begin() as unit:
        assert await unit.admit("39990001", "u", claim) == claim
        assert await unit.notices() == [queued]
        assert await unit.parties() == [bank]
        assert await unit.products() == [product]
        assert await unit.reserve_numbers("payment", 1) == 2001
        card = await unit.card(1)
        assert card == _card(1)
        assert not await unit.put_card(_card(9))
        assert await unit.put_card(_card(9, user_id="another"))
        assert (await unit.cards(account_index=b"account"))[0] == card


def _card(card_id: int, user_id: str = "user") -> Card:
    texts = dict.fromkeys(("issuer", "device_id", "masked_pan", "currency"), "")
    return Card(
        card_id=card_id,
        product_id="classic",
        gateway="39990001",
        user_id=user_id,
        token_index=b"t%d" % card_id,
        token_sealed=b"",
        token_expiry=instant(AT),
        pan_index=b"p%d" % card_id,
        pan_sealed=b"",
        pan_expiry=instant(AT),
        account_index=b"account",
        account_sealed=b"",
        created_at=instant(AT),
        **texts,
    )
