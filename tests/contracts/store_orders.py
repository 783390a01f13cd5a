"""The store's contract, part 10: UCSP's orders, which payments of theirs hold by their once-key."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from contracts.store_leases import attempt, notices_for
from contracts.store_samples import NOW, ODD_TEXT, SECOND, House, awaited, move, moved, notice, opened, payment, try_open
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import NoticeState
from unionhub.domain.model.orders import Order, OrderState
from unionhub.domain.model.transactions import Merchant, Payment, PaymentEvent
from unionhub.ports.store import Store

INDUSTRY, CHANNEL, ACQUIRER = "39990041", "39990031", "39990021"
_S = OrderState


def order(order_id: int = 1, **changes: Any) -> Order:
    """Every field is set, and nothing is its default."""
    odd = Order(
        order_id=order_id,
        industry=INDUSTRY,
        channel=CHANNEL,
        user_id=ODD_TEXT,
        reference=f"{order_id} {ODD_TEXT}",
        ordered_at="20260228235959",
        amount=Money(2**62, "344"),
        subject=ODD_TEXT,
        return_url="https://service.example/return",
        acquirer=ACQUIRER,
        merchant=Merchant(acquirer_iin="47010344", name=ODD_TEXT, mcc="7523"),
        state=_S.OPEN,
        opened_at=NOW,
        expires_at=NOW + 900 * SECOND,
        asked_expiry="20260301001459",
        login_id=2**61,
        downstream_id="D-1",
        paid_by=2**60,
    )
    return msgspec.structs.replace(odd, **changes)


def paying(payment_id: int, of: Order, **changes: Any) -> Payment:
    return payment(payment_id, kind="PAY", issuer=ACQUIRER, order_id=of.order_id, reservations=(of.once,), **changes)


async def added(store: Store, *found: Order) -> list[bool]:
    async with store.begin() as unit:
        answers = [await unit.add_order(each) for each in found]
        await unit.commit()
    return answers


async def closed(store: Store, found: Order, *notices: Any) -> bool:
    async with store.begin() as unit:
        done = await unit.close_order(found, notices)
        await unit.commit()
    return done


class OrdersContract:
    @awaited
    async def test_orders_are_found_by_their_id_and_by_the_industrys_reference(self, house: House) -> None:
        other = order(2, industry="39990042", reference=order().reference, amount=Money(0, "392"), login_id=None)
        assert await added(house.store, order(), other) == [True, True]
        async with house.other.begin() as unit:
            assert await unit.order(1) == order()
            assert await unit.order(3) is None
            assert await unit.order_of("39990042", order().reference) == other
            assert await unit.order_of("39990042", "none") is None

    @awaited
    async def test_one_order_of_a_reference_however_many_are_added_at_once(self, house: House) -> None:
        tries = [order(number, reference="same") for number in range(1, 11)]
        answers = await asyncio.gather(*(added(house.host(number), each) for number, each in enumerate(tries)))
        assert sum(answer == [True] for answer in answers) == 1
        assert await added(house.store, order(99)) == [True]
        assert await added(house.store, order(99, reference="another")) == [False]

    @awaited
    async def test_orders_are_listed_newest_first(self, house: House) -> None:
        rows = [
            order(1, opened_at=NOW),
            order(2, opened_at=NOW + SECOND, state=_S.PAID),
            order(3, opened_at=NOW, industry="39990042"),
        ]
        await added(house.store, *rows)
        async with house.other.begin() as unit:
            assert [each.order_id for each in await unit.orders()] == [2, 3, 1]
            assert [each.order_id for each in await unit.orders(industry=INDUSTRY)] == [2, 1]
            assert [each.order_id for each in await unit.orders(state=_S.OPEN)] == [3, 1]
            assert [each.order_id for each in await unit.orders(limit=1)] == [2]

    @awaited
    async def test_a_move_is_a_compare_and_set(self, house: House) -> None:
        placing = order(state=_S.PLACING, downstream_id="", paid_by=None)
        opened_ = order(downstream_id="D-7", paid_by=7)
        await added(house.store, placing)

        async def move_it(before: Order, after: Order) -> bool:
            async with house.store.begin() as unit:
                done = await unit.move_order(before, after)
                await unit.commit()
            return done

        assert await move_it(placing, opened_)
        assert not await move_it(placing, order(state=_S.CLOSED))
        async with house.other.begin() as unit:
            assert await unit.order(1) == opened_

    @awaited
    async def test_what_is_unpaid_and_expired_is_due_oldest_first(self, house: House) -> None:
        rows = [
            order(1, expires_at=NOW + 3 * SECOND),
            order(2, expires_at=NOW + 1 * SECOND, state=_S.PLACING),
            order(3, expires_at=NOW, state=_S.PAID),
            order(4, expires_at=NOW, state=_S.CLOSED),
            order(5, expires_at=NOW + 4 * SECOND),
        ]
        await added(house.store, *rows)
        async with house.store.begin() as unit:
            assert [each.order_id for each in await unit.orders_due(NOW + 3 * SECOND)] == [2, 1]
            assert [each.order_id for each in await unit.orders_due(NOW + 3 * SECOND, limit=1)] == [2]

    @awaited
    async def test_an_order_that_is_being_paid_is_not_due(self, house: House) -> None:
        """Many of them, at an acquirer that confirms nothing, must not be in the way of the others."""
        await added(house.store, order(), order(2))
        first = paying(10, order())
        await opened(house.store, first)
        async with house.other.begin() as unit:
            assert [each.order_id for each in await unit.orders_due(order().expires_at, limit=1)] == [2]
        assert await move(house.store, first, moved(first, PaymentEvent.DECLINE))
        async with house.other.begin() as unit:
            assert [each.order_id for each in await unit.orders_due(order().expires_at)] == [1, 2]

    @awaited
    async def test_an_order_closes_only_with_nothing_in_flight(self, house: House) -> None:
        await added(house.store, order())
        first = paying(10, order())
        await opened(house.store, first)
        assert not await closed(house.other, order(), notice(payment_id=1, order_id=1))
        assert await move(house.store, first, moved(first, PaymentEvent.DECLINE))
        assert await closed(house.other, order(), notice(payment_id=1, order_id=1))
        assert not await closed(house.store, order())
        assert await try_open(house.store, paying(11, order())) == "94"
        async with house.other.begin() as unit:
            stored = await unit.order(1)
            assert stored is not None
            assert stored.state is _S.CLOSED
            assert await unit.order_holder(1) is None
            assert [each.notice_id for each in await unit.notices(order_id=1)] == [1]

    @pytest.mark.parametrize("state", [_S.PAID, _S.CLOSED])
    @awaited
    async def test_what_is_over_does_not_close_again(self, house: House, state: OrderState) -> None:
        await added(house.store, order(state=state))
        assert not await closed(house.store, order(state=state))
        assert await try_open(house.store, paying(10, order())) == ""  # the key is free: nothing was written

    @awaited
    async def test_closing_and_paying_at_once_only_one_of_them_wins(self, house: House) -> None:
        for number in range(1, 9):
            its = order(number)
            await added(house.store, its)
            one = closed(house.store, its)
            two = try_open(house.other, paying(100 + number, its))
            done, code = await asyncio.gather(one, two) if number % 2 else reversed(await asyncio.gather(two, one))
            assert (done, code) in ((True, "94"), (False, ""))

    @awaited
    async def test_who_holds_an_order_and_what_was_paid_for_it(self, house: House) -> None:
        await added(house.store, order(), order(2))
        first, second = paying(10, order()), paying(11, order(), settlement_key="a:b:c:d", masked_pan="6236********0001")
        await opened(house.store, first)
        async with house.store.begin() as unit:
            assert await unit.order_holder(1) == first
            assert await unit.order_holder(2) is None
        await move(house.store, first, moved(first, PaymentEvent.DECLINE))
        await opened(house.store, second)
        refund = payment(12, order_id=1, issuer=ACQUIRER, settlement_key="e:f:g:h", orig_payment_id=11)
        async with house.store.begin() as unit:
            await unit.record_payment(refund)
            await unit.record_payment(payment(13, settlement_key="a:b:c:d", acquirer=ACQUIRER))
            await unit.commit()
        async with house.other.begin() as unit:
            assert [each.payment_id for each in await unit.payments_of_order(1)] == [10, 11, 12]
            assert await unit.order_holder(1) == second
            assert await unit.order_payment_settled(ACQUIRER, "a:b:c:d") == second
            assert await unit.order_payment_settled("39990022", "a:b:c:d") is None
            assert await unit.order_payment_settled(ACQUIRER, "e:f:g:h") is None

    @awaited
    async def test_notices_of_an_order_stand_in_line_whichever_payment_they_are_about(self, house: House) -> None:
        rows = [
            notice(1, payment_id=10, order_id=1),
            notice(2, payment_id=11, order_id=1),
            notice(3, payment_id=11, order_id=1, receiver="39990004"),
            notice(4, payment_id=12, order_id=2),
            notice(5, payment_id=13),
        ]
        async with house.store.begin() as unit:
            for payment_id in (10, 11, 12, 13):
                mine = [each for each in rows if each.payment_id == payment_id]
                await unit.record_payment(payment(payment_id), mine)
            await unit.commit()
        assert sorted(await notices_for("a", house.store)) == [1, 3, 4, 5]
        assert await notices_for("b", house.other) == []
        await attempt(house.store, rows[0], NoticeState.CONFIRMED)
        assert await notices_for("b", house.other) == [2]

    @awaited
    async def test_an_order_that_was_opened_meanwhile_is_not_closed_as_one_that_nobody_knew(self, house: House) -> None:
        """Whoever closes it decides by its state whom to tell."""
        placing = order(state=_S.PLACING)
        await added(house.store, placing)
        async with house.store.begin() as unit:
            assert await unit.move_order(placing, order(state=_S.OPEN))
            await unit.commit()
        assert not await closed(house.other, placing)
        assert await closed(house.other, order(), notice(payment_id=1, order_id=1))
