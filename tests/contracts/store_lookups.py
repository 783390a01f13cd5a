"""The store's contract, part 2b: how payments are found by others than their sender, and what stays spent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from contracts.store_samples import (
    NOW,
    SECOND,
    House,
    awaited,
    day,
    move,
    move_alone,
    moved,
    notice,
    once,
    opened,
    payment,
    share,
    try_open,
)
from unionhub.domain.model.notices import Notice
from unionhub.domain.model.transactions import Payment, PaymentEvent, PaymentState
from unionhub.ports.store import Store

E = PaymentEvent
SHOP, OTHER_SHOP, APP = "39990003", "39990013", "39990001"
KEY = "47010344:47010000:000001:0301120000"


async def recorded(store: Store, *payments: Payment, notices: tuple[Notice, ...] = ()) -> None:
    """Record each, the notices with the first, in one unit of work."""
    async with store.begin() as unit:
        for place, found in enumerate(payments):
            await unit.record_payment(found, notices if place == 0 else ())
        await unit.commit()


class LookupsContract:
    @pytest.mark.parametrize(
        ("acquirer", "wanted", "expected"),
        [
            (SHOP, {"msg_id": "m1"}, 1),  # its merchant is paid
            (SHOP, {"msg_id": "m2"}, 2),  # it asked for it
            (OTHER_SHOP, {"msg_id": "m1"}, None),
            (APP, {"msg_id": "m1"}, 1),  # whoever asked for it
            (SHOP, {"settlement_key": KEY}, 5),  # the oldest, and none that undoes another
            (OTHER_SHOP, {"settlement_key": KEY}, 6),
            (SHOP, {"settlement_key": "another"}, None),
            (SHOP, {"msg_id": "m3"}, 3),  # what undoes another is found by its own msg_id
            (SHOP, {"msg_id": "m2", "settlement_key": KEY}, 2),  # either will do: the oldest
            (SHOP, {"msg_id": "none", "settlement_key": KEY}, 5),
            (SHOP, {}, None),
            (SHOP, {"msg_id": "", "settlement_key": ""}, None),
            ("", {"msg_id": "m1"}, None),
        ],
    )
    @awaited
    async def test_an_acquirer_finds_its_own(
        self, house: House, acquirer: str, wanted: dict[str, str], expected: int | None
    ) -> None:
        shop: dict[str, Any] = {"sender": SHOP, "acquirer": SHOP}
        await recorded(
            house.store,
            payment(1, msg_id="m1", acquirer=SHOP),
            payment(2, msg_id="m2", **shop, opened_at=NOW - 3 * SECOND),
            payment(3, msg_id="m3", **shop, settlement_key=KEY, orig_payment_id=2, opened_at=NOW - 9 * SECOND),
            payment(4, msg_id="m4", **shop, settlement_key=KEY, opened_at=NOW),
            payment(5, msg_id="m5", sender=SHOP, settlement_key=KEY, opened_at=NOW - SECOND),
            payment(6, msg_id="m6", sender=OTHER_SHOP, settlement_key=KEY, opened_at=NOW - 2 * SECOND),
            payment(7, msg_id="", sender=SHOP),
        )
        async with house.other.begin() as unit:
            found = await unit.payment_for_acquirer(acquirer, **wanted)
        assert (found and found.payment_id) == expected

    @awaited
    async def test_equally_old_ones_are_found_by_their_number(self, house: House) -> None:
        await recorded(house.store, *(payment(n, sender=SHOP, settlement_key=KEY) for n in (9, 8, 10)))
        async with house.other.begin() as unit:
            assert await unit.payment_for_acquirer(SHOP, settlement_key=KEY) == payment(8, sender=SHOP, settlement_key=KEY)

    @awaited
    async def test_a_payment_is_found_by_its_additional_processing(self, house: House) -> None:
        asked = payment(1, state=PaymentState.AWAITING_CARDHOLDER, additional_msg_id="U1")
        await recorded(house.store, asked, payment(2))
        async with house.other.begin() as unit:
            assert await unit.payment_of_additional("U1") == asked
            assert await unit.payment_of_additional("U2") is None
            assert await unit.payment_of_additional("") is None

    @awaited
    async def test_what_undoes_a_payment_oldest_first(self, house: House) -> None:
        undoing = [payment(n, orig_payment_id=1, opened_at=NOW + s * SECOND) for n, s in ((2, 5), (3, 1), (4, 1))]
        await recorded(house.store, payment(1), *undoing, payment(5, orig_payment_id=2))
        async with house.other.begin() as unit:
            assert [found.payment_id for found in await unit.payments_undoing(1)] == [3, 4, 2]
            assert [found.payment_id for found in await unit.payments_undoing(2)] == [5]
            assert await unit.payments_undoing(5) == []

    @awaited
    async def test_a_declined_payment_is_recorded_with_its_notices(self, house: House) -> None:
        declined = payment(1, state=PaymentState.DECLINED, due_at=None, code="05")
        await recorded(house.store, declined, payment(2), notices=(notice(7), notice(3, to_payee=True)))
        async with house.other.begin() as unit:
            assert await unit.payment(1) == declined
            assert await unit.notices() == [notice(7), notice(3, to_payee=True)]

    @awaited
    async def test_what_is_ready_is_unfinished_and_due(self, house: House) -> None:
        ready = payment(1, state=PaymentState.READY)
        await recorded(house.store, ready)
        async with house.store.begin() as unit:
            assert await unit.unfinished_before(NOW + SECOND) == [ready]
            assert await unit.lease_payments("a", NOW + 60 * SECOND, limit=1, lease=60 * SECOND) == [ready]
        sent = moved(ready, E.SEND)
        assert await move(house.store, ready, sent)
        assert await move(house.other, sent, moved(sent, E.APPROVE))


class KeptContract:
    @pytest.mark.parametrize("move_", [move, move_alone], ids=["in a unit", "alone"])
    @pytest.mark.parametrize("events", [[E.DECLINE], [E.REVERSE, E.CONFIRM_REVERSAL]], ids=str)
    @awaited
    async def test_what_is_kept_is_never_given_back(
        self, house: House, events: list[PaymentEvent], move_: Callable[..., Awaitable[bool]]
    ) -> None:
        now = payment(1, reservations=(once("code", kept=True), once("order", "94"), share(7, "limit", 10)))
        await opened(house.store, now)
        for event in events:
            before, now = now, moved(now, event)
            assert await move_(house.store, before, now)
        assert await try_open(house.other, payment(2, reservations=(once("code", kept=True),))) == "02"
        assert await try_open(house.other, payment(2, reservations=(once("code"),))) == "02"
        assert await try_open(house.other, payment(2, reservations=(once("order"), share(10, "limit", 10)))) == ""

    @awaited
    async def test_a_payment_that_does_not_open_keeps_nothing(self, house: House) -> None:
        await opened(house.store, payment(1, reservations=(once("order"),)))
        assert await try_open(house.store, payment(2, reservations=(once("code", kept=True), once("order")))) == "02"
        assert await try_open(house.other, payment(2, reservations=(once("code", kept=True),))) == ""

    @awaited
    async def test_an_allowance_and_a_once_key_may_have_the_same_name(self, house: House) -> None:
        await opened(house.store, payment(1, reservations=(once("k"), share(10, "k", 10))))
        assert await try_open(house.other, payment(2, reservations=(share(1, "k", 10, code="13"),))) == "13"
        assert await try_open(house.other, payment(2, reservations=(once("k", "94"),))) == "94"
        assert await try_open(house.other, payment(2, reservations=(share(1, "K", 10),))) == ""

    @awaited
    async def test_of_50_refunds_of_10_at_once_7_are_within_70(self, house: House) -> None:
        left = share(10, "refund:1", 70, code="13")
        wanted = [payment(n, kind="REFUND", orig_payment_id=1, reservations=(left, day(1, 1, 1000))) for n in range(2, 52)]
        codes = await asyncio.gather(*(try_open(house.host(found.payment_id), found) for found in wanted))
        assert sorted(codes) == [""] * 7 + ["13"] * 43
        async with house.store.begin() as unit:
            done = await unit.payments_undoing(1)
        assert len(done) == 7
        assert await move(house.store, done[0], moved(done[0], E.DECLINE))
        assert await try_open(house.other, payment(100, reservations=(left,))) == ""
        assert await try_open(house.other, payment(101, reservations=(left,))) == "13"
