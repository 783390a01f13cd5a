"""The invariants find what is wrong: each is shown a record that breaks it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import msgspec
import pytest

from support.house import House
from unionhub.domain.flows import invariants as rules
from unionhub.domain.model.transactions import DayLimit, OnceKey, Payment, PaymentState
from unionhub.hosts.sandbox.books import DEBIT


class Books:
    """The sandbox's ledger as ports.books.BankBooks, with what a test adds to it."""

    def __init__(self, house: House, **more: int) -> None:
        self._house = house
        self._more = more

    async def booked(self, issuer: str) -> Mapping[str, int]:
        taken = dict(self._more)
        for account in await self._house.world.bank(issuer).accounts():
            for booking in account.bookings:
                minor = booking.amount.minor * (1 if booking.sign == DEBIT else -1)
                taken[booking.ref] = taken.get(booking.ref, 0) + minor
        return taken


def _all(house: House, books: Books) -> tuple[rules.Invariant, ...]:
    store, clock, limit = house.hub.store, house.clock, timedelta(minutes=10)
    return (
        rules.EveryPaymentEnds(store, clock, limit),
        rules.BookedIsApproved(store, books),
        rules.NoPurchaseTwice(store),
        rules.NoLimitOverspent(store),
        rules.EveryoneIsTold(store),
        rules.NoticesArrive(store, clock, limit),
    )


async def _approved(house: House) -> Payment:
    holder = await house.cardholder(balance="100.00")
    gateway = house.world.gateway(holder.gateway)
    request = gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "30.00")
    assert (await gateway.send(request)).code == "00"
    await house.work()
    payment = await house.payment(holder.gateway, request.msg_id)
    assert payment is not None
    return payment


async def _names(house: House, **more: int) -> set[str]:
    return {found.invariant for found in await rules.check(_all(house, Books(house, **more)))}


def test_they_hold_and_find_what_the_bank_alone_or_nobody_booked(house: House) -> None:
    async def scenario() -> None:
        payment = await _approved(house)
        assert await _names(house) == set()
        assert await _names(house, U0=100) == {"booked_is_approved"}
        assert await _names(house, **{payment.bank_msg_id: 3000}) == {"booked_is_approved"}, "booked twice"
        assert await _names(house, **{payment.bank_msg_id: -3000}) == {"booked_is_approved"}, "not booked"

    house.run(scenario())


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"state": PaymentState.UNKNOWN, "code": ""}, "every_payment_ends"),
        ({"reservations": (OnceKey(key="qr:same", code="02"),)}, "no_purchase_twice"),
        ({"told_pending": True}, "everyone_is_told"),
    ],
)
def test_a_broken_record_is_found(house: House, changes: dict[str, object], broken: str) -> None:
    async def scenario() -> None:
        for number in (1, 2):
            payment = await _approved(house)
            wrong = msgspec.structs.replace(
                payment,
                payment_id=payment.payment_id + 1_000_000_000,
                msg_id=f"A{number:028d}{broken}"[:49],
                bank_msg_id="",
                **changes,
            )
            async with house.hub.store.begin() as uow:
                await uow.record_payment(wrong)
                await uow.commit()
        house.clock.advance(3600)
        assert broken in await _names(house)

    house.run(scenario())


def test_an_overspent_limit_is_found(house: House) -> None:
    async def scenario() -> None:
        payment = await _approved(house)
        share = next(found for found in payment.reservations if isinstance(found, DayLimit))
        too_much = msgspec.structs.replace(
            payment,
            payment_id=payment.payment_id + 2_000_000_000,
            msg_id="A" + "5" * 28,
            bank_msg_id="",
            reservations=(msgspec.structs.replace(share, amount_minor=share.limit_minor),),
        )
        async with house.hub.store.begin() as uow:
            await uow.record_payment(too_much)
            await uow.commit()
        assert "no_limit_overspent" in await _names(house)

    house.run(scenario())
