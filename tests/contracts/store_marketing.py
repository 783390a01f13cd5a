"""The store's contract, part 9: UCSP's offers, and their budgets, which payments reserve."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from contracts.store_samples import NOW, ODD_TEXT, House, awaited, move, move_alone, moved, payment, try_open
from unionhub.domain.model.marketing import HUB, Funder, MarketingOffer, OfferKind, OfferState, reservations
from unionhub.domain.model.money import Money
from unionhub.domain.model.transactions import Payment, PaymentEvent
from unionhub.ports.store import Store

CHANNEL, INDUSTRY, USER = "39990031", "39990041", "user ü:'"
GROSS = Money(100_00, "344")
E = PaymentEvent


def offer(offer_id: str = "FIVE", **changes: Any) -> MarketingOffer:
    """5.00 off, with a budget for ten."""
    plain = MarketingOffer(
        offer_id=offer_id,
        kind=OfferKind.INSTANT,
        name="5 off",
        owner=HUB,
        funders=(Funder(party=HUB, percent=100),),
        currency="344",
        budget_minor=50_00,
        valid_from=NOW,
        valid_until=datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        off_minor=5_00,
    )
    return msgspec.structs.replace(plain, **changes)


def odd_offer(offer_id: str = "odd") -> MarketingOffer:
    """Every field is set, and nothing is its default."""
    return MarketingOffer(
        offer_id=offer_id,
        kind=OfferKind.COUPON,
        name=ODD_TEXT,
        owner=CHANNEL,
        funders=(Funder(party=CHANNEL, percent=60), Funder(party=HUB, percent=40)),
        currency="392",
        budget_minor=2**53 + 1,
        valid_from=datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        valid_until=NOW,
        off_minor=2**53 + 3,
        off_percent=Decimal("7.2500"),
        cap_minor=2**53 + 5,
        minimum_minor=2**53 + 7,
        per_user_max=2**31,
        channels=frozenset({CHANNEL, "39990032"}),
        industries=frozenset({INDUSTRY, "39990042"}),
        code="PARK-10",
        state=OfferState.ENDED,
    )


def paid_with(number: int, *offers: MarketingOffer, user_id: str = USER) -> Payment:
    return payment(number, reservations=reservations(offers, GROSS, CHANNEL, user_id))


async def used(store: Store, *keys: str) -> dict[str, int]:
    async with store.begin() as unit:
        return {key: await unit.used(key) for key in keys}


class MarketingContract:
    @awaited
    async def test_offers_are_put_and_replaced(self, house: House) -> None:
        changed = offer("ten", state=OfferState.PAUSED, budget_minor=0, channels=frozenset({CHANNEL}))
        async with house.store.begin() as unit:
            assert await unit.offers() == []
            await unit.put_offer(odd_offer("z"))
            await unit.put_offer(offer("ten"))
            await unit.put_offer(odd_offer("TEN"))
            await unit.put_offer(changed)
            await unit.commit()
        async with house.other.begin() as unit:
            found = await unit.offers()
        assert found == [odd_offer("TEN"), changed, odd_offer("z")]
        assert str(found[0].off_percent) == "7.2500"

    @awaited
    async def test_an_offer_that_is_not_committed_never_was(self, house: House) -> None:
        async with house.store.begin() as unit:
            await unit.put_offer(offer())
        async with house.other.begin() as unit:
            assert await unit.offers() == []

    @awaited
    async def test_what_is_reserved_of_allowances(self, house: House) -> None:
        often = offer(per_user_max=2)
        for number, user_id in enumerate((USER, USER, "another")):
            assert await try_open(house.store, paid_with(number, often, user_id=user_id)) == ""
        key, users = often.budget_key, often.user_key(CHANNEL, USER)
        assert await used(house.other, users, key, "never", ODD_TEXT) == {users: 2, key: 15_00, "never": 0, ODD_TEXT: 0}

    @awaited
    async def test_50_at_once_of_a_budget_for_10(self, house: House) -> None:
        wanted = [paid_with(number, offer(), user_id=f"user {number}") for number in range(50)]
        codes = await asyncio.gather(*(try_open(house.host(found.payment_id), found) for found in wanted))
        assert Counter(codes) == {"": 10, "12": 40}
        assert await used(house.other, "offer:FIVE") == {"offer:FIVE": 50_00}

        lucky = wanted[codes.index("")]
        assert await move(house.store, lucky, moved(lucky, E.DECLINE))
        assert await used(house.other, "offer:FIVE") == {"offer:FIVE": 45_00}
        again = await asyncio.gather(*(try_open(house.host(n), paid_with(100 + n, offer())) for n in range(10)))
        assert Counter(again) == {"": 1, "12": 9}

    @awaited
    async def test_50_tries_of_one_user_at_once(self, house: House) -> None:
        once = offer(per_user_max=1)
        codes = await asyncio.gather(*(try_open(house.host(number), paid_with(number, once)) for number in range(50)))
        assert Counter(codes) == {"": 1, "12": 49}
        keys = ("offer:FIVE", once.user_key(CHANNEL, USER))
        assert await used(house.store, *keys) == dict(zip(keys, (5_00, 1), strict=True))
        assert await try_open(house.store, paid_with(100, once, user_id="another")) == ""

    @awaited
    async def test_50_with_several_offers_while_others_give_back(self, house: House) -> None:
        """Budgets for 10, 20 and 30: nobody waits in a circle, nothing is overspent, and all of it comes back."""
        three = [offer(str(place), budget_minor=place * 50_00, per_user_max=place) for place in (1, 2, 3)]
        open_now = 0
        most = 0

        async def pay(number: int) -> None:
            nonlocal open_now, most
            chosen = three[number % 3 :] + three[: number % 3]
            wanted = paid_with(number, *chosen, user_id=f"user {number}")
            if await try_open(house.host(number), wanted) == "":
                open_now += 1
                most = max(most, open_now)
                await asyncio.sleep(0.002)
                open_now -= 1  # before it is given back: what is counted here was held for certain
                assert await move(house.host(number), wanted, moved(wanted, E.DECLINE))

        await asyncio.gather(*map(pay, range(50)))
        assert 0 < most <= 10
        keys = [each.budget_key for each in three] + [each.user_key(CHANNEL, "user 1") for each in three]
        assert await used(house.store, *keys) == dict.fromkeys(keys, 0)

    @pytest.mark.parametrize(
        ("events", "left_minor"),
        [
            ([E.APPROVE], 5_00),
            ([E.LOSE_SIGHT], 5_00),
            ([E.REVERSE], 5_00),
            ([E.DECLINE], 0),
            ([E.LOSE_SIGHT, E.DECLINE], 0),
            ([E.REVERSE, E.CONFIRM_REVERSAL], 0),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("move_", [move, move_alone], ids=["in a unit", "alone"])
    @awaited
    async def test_it_comes_back_when_the_payment_has_failed_for_certain(
        self, house: House, events: list[PaymentEvent], left_minor: int, move_: Any
    ) -> None:
        once = offer(per_user_max=1)
        now = paid_with(1, once)
        assert await try_open(house.store, now) == ""
        for event in events:
            before, now = now, moved(now, event)
            assert await move_(house.store, before, now)
        keys = (once.budget_key, once.user_key(CHANNEL, USER))
        assert await used(house.other, *keys) == dict(zip(keys, (left_minor, left_minor // 5_00), strict=True))

    @awaited
    async def test_a_budget_that_is_lowered_below_what_is_used_gives_nothing_more(self, house: House) -> None:
        for number in range(4):
            assert await try_open(house.store, paid_with(number, offer())) == ""
        lower = offer(budget_minor=12_00)
        async with house.store.begin() as unit:
            await unit.put_offer(lower)
            await unit.commit()
        assert await try_open(house.other, paid_with(10, lower)) == "12"
        for number in range(3):
            assert await move(house.store, paid_with(number, offer()), moved(paid_with(number, offer()), E.DECLINE))
        assert await used(house.other, lower.budget_key) == {lower.budget_key: 5_00}
        assert await try_open(house.other, paid_with(11, lower)) == ""
        assert await try_open(house.other, paid_with(12, lower)) == "12"
