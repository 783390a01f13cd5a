"""Offers at the cashier: what they take off, who has them, which go together, who pays for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unionhub.domain.model.errors import IllegalMove
from unionhub.domain.model.marketing import (
    HUB,
    Funder,
    MarketingOffer,
    NotCombinable,
    OfferEvent,
    OfferKind,
    OfferState,
    Purchase,
    allowance_keys,
    available,
    best,
    combine,
    discounts,
    eligible,
    funding,
    offer_faults,
    reservations,
    typed,
    unfit,
    worth,
)
from unionhub.domain.model.money import Money
from unionhub.domain.model.transactions import Allowance, Discount
from unionhub.hosts.sandbox.marketing import COUPON, INCENTIVE, INSTANT, OFFERS
from unionhub.hosts.sandbox.seeds import HARBOUR_CHANNEL, PARKING, PEAK_CHANNEL, TRAVEL

FROM, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
CHANNEL, INDUSTRY, ACQUIRER = "39990031", "39990041", "39990021"
K = OfferKind


def hkd(text: str) -> Money:
    return Money.parse(text, "344", zero=True)


def funders(**shares: int) -> tuple[Funder, ...]:
    return tuple(Funder(party=party.removeprefix("p"), percent=percent) for party, percent in shares.items())


def offer(offer_id: str = "A", kind: OfferKind = K.INSTANT, **changes: Any) -> MarketingOffer:
    plain = MarketingOffer(
        offer_id=offer_id,
        kind=kind,
        name=f"offer {offer_id}",
        owner=HUB,
        funders=funders(hub=100),
        currency="344",
        budget_minor=1000_00,
        valid_from=FROM,
        valid_until=UNTIL,
        off_minor=0 if "off_percent" in changes else 5_00,
    )
    return msgspec.structs.replace(plain, **changes)


def percent(number: str, **changes: Any) -> MarketingOffer:
    return offer(off_percent=Decimal(number), **changes)


def purchase(gross: str = "100.00", **changes: Any) -> Purchase:
    plain = Purchase(gross=hkd(gross), channel=CHANNEL, industry=INDUSTRY, user_id="user", now=FROM + timedelta(days=9))
    return msgspec.structs.replace(plain, **changes)


def ids(offers: Sequence[MarketingOffer]) -> list[str]:
    return [each.offer_id for each in offers]


class TestWorth:
    @pytest.mark.parametrize(
        ("found", "gross", "expected"),
        [
            (offer(), "100.00", "5.00"),
            (offer(), "5.01", "5.00"),  # one cent is left to pay
            (offer(), "5.00", None),
            (offer(), "4.99", None),
            (offer(minimum_minor=100_00), "100.00", "5.00"),
            (offer(minimum_minor=100_00), "99.99", None),
            (percent("5"), "100.00", "5.00"),
            (percent("5"), "0.10", "0.01"),  # 0.005 is half a cent: up
            (percent("5"), "0.09", None),  # 0.0045: nothing
            (percent("5"), "0.30", "0.02"),  # 0.015
            (percent("5"), "0.50", "0.03"),  # 0.025: half up, not to the even cent
            (percent("33.3333"), "100.00", "33.33"),
            (percent("99.9999"), "100.00", None),  # rounds to all of it
            (percent("99"), "0.50", None),
            (percent("5", cap_minor=20_00), "400.00", "20.00"),
            (percent("5", cap_minor=20_00), "400.10", "20.00"),
            (percent("5", cap_minor=20_00), "399.80", "19.99"),
            (percent("5", cap_minor=20_00), "9999999999.99", "20.00"),
            (percent("5"), "0.00", None),
        ],
    )
    def test_what_it_takes_off(self, found: MarketingOffer, gross: str, expected: str | None) -> None:
        assert worth(found, hkd(gross)) == (None if expected is None else hkd(expected))

    def test_yen_have_no_decimals(self) -> None:
        assert worth(percent("5", currency="392"), Money(1010, "392")) == Money(51, "392")
        assert worth(percent("5"), Money(1010, "392")) is None

    @given(
        gross=st.integers(0, 10**7),
        off=st.one_of(st.integers(1, 10**5), st.decimals("0.0001", "99.9999", places=4)),
        cap=st.integers(0, 10**5),
    )
    def test_it_never_leaves_nothing_to_pay(self, gross: int, off: int | Decimal, cap: int) -> None:
        found = offer(off_minor=off) if isinstance(off, int) else offer(off_percent=off, cap_minor=cap)
        amount = worth(found, Money(gross, "344"))
        if amount is not None:
            assert 0 < amount.minor < gross
            assert not cap or isinstance(off, int) or amount.minor <= cap


class TestEligible:
    @pytest.mark.parametrize(
        ("found", "changes", "why"),
        [
            (offer(), {}, ""),
            (offer(state=OfferState.PAUSED), {}, "not valid now"),
            (offer(state=OfferState.ENDED), {}, "not valid now"),
            (offer(), {"now": FROM}, ""),
            (offer(), {"now": FROM - timedelta(microseconds=1)}, "not valid now"),
            (offer(), {"now": UNTIL - timedelta(microseconds=1)}, ""),
            (offer(), {"now": UNTIL}, "not valid now"),
            (offer(channels=frozenset({CHANNEL, "39990032"})), {}, ""),
            (offer(channels=frozenset({"39990032"})), {}, "not for this purchase"),
            (offer(industries=frozenset({INDUSTRY})), {}, ""),
            (offer(industries=frozenset({"39990042"})), {}, "not for this purchase"),
            (offer(minimum_minor=100_01), {}, "from 100.01"),
            (offer(currency="392"), {}, "does not fit"),
            (offer(currency="392", minimum_minor=10**6), {}, "does not fit"),
            (offer(off_minor=100_00), {}, "does not fit"),
            (offer(kind=K.COUPON), {}, ""),
            (offer(kind=K.COUPON, code="PARK10"), {}, "code has not been entered"),
            (offer(kind=K.COUPON, code="PARK10"), {"codes": frozenset({"PARK1"})}, "code has not been entered"),
            (offer(kind=K.COUPON, code="PARK10"), {"codes": frozenset({"PARK1", "PARK10"})}, ""),
            (offer(kind=K.COUPON, code="PARK10", minimum_minor=100_01), {"codes": frozenset({"PARK10"})}, "from 100.01"),
        ],
    )
    def test_for_whom_it_is(self, found: MarketingOffer, changes: dict[str, Any], why: str) -> None:
        asked = purchase(**changes)
        assert why in unfit(found, asked)
        assert bool(unfit(found, asked)) is bool(why)
        assert eligible([found], asked) == (() if why else (found,))

    def test_they_come_by_their_ids(self) -> None:
        assert ids(eligible([offer("b"), offer("a"), offer("B", state=OfferState.PAUSED)], purchase())) == ["a", "b"]

    @pytest.mark.parametrize(("text", "code"), [("PARK10", "PARK10"), (" park10\t", "PARK10"), ("Park 10", "PARK10"), ("", "")])
    def test_how_codes_are_typed(self, text: str, code: str) -> None:
        assert typed(text) == code

    @pytest.mark.parametrize(
        ("changes", "used", "is_there"),
        [
            ({}, {}, True),
            ({"budget_minor": 5_00}, {}, True),
            ({"budget_minor": 4_99}, {}, False),
            ({}, {"offer:A": 995_00}, True),
            ({}, {"offer:A": 995_01}, False),  # what is left is never given in part
            ({}, {"offer:A": 2000_00}, False),  # the budget was lowered
            ({"per_user_max": 2}, {"offer:A:39990031:user": 1}, True),
            ({"per_user_max": 2}, {"offer:A:39990031:user": 2}, False),
            ({"per_user_max": 2}, {"offer:A:39990032:user": 2}, True),
            ({}, {"offer:A:39990031:user": 2}, True),
        ],
    )
    def test_what_is_used_up_is_not_proposed(self, changes: dict[str, Any], used: dict[str, int], is_there: bool) -> None:
        found = offer(**changes)
        assert available([found], purchase(), used) == ((found,) if is_there else ())

    def test_what_has_to_be_known_for_that(self) -> None:
        several = [offer("A", per_user_max=1), offer("B")]
        assert allowance_keys(several, purchase()) == ("offer:A", "offer:A:39990031:user", "offer:B")


def by_trying(offers: Sequence[MarketingOffer], asked: Purchase) -> list[str]:
    """The best combination, found by looking at all of them."""
    tries = []
    for length in range(len(OfferKind) + 1):
        for chosen in combinations(offers, length):
            minors = [amount.minor for each in chosen if (amount := worth(each, asked.gross))]
            alone = len({each.kind for each in chosen}) == length
            if alone and len(minors) == length and sum(minors) < asked.gross.minor:
                tries.append((-sum(minors), length, sorted(ids(chosen))))
    return min(tries)[2]


THREE = [offer("A"), offer("B", K.COUPON, off_minor=4_00), offer("C", K.INCENTIVE, off_minor=3_00)]


class TestBest:
    @pytest.mark.parametrize(
        ("offers", "gross", "expected"),
        [
            ([], "100.00", []),
            ([offer("A")], "100.00", ["A"]),
            ([offer("A"), offer("B", off_minor=6_00)], "100.00", ["B"]),
            ([offer("A"), offer("B", K.COUPON), offer("C", K.INCENTIVE)], "100.00", ["A", "C", "B"]),
            # Worth the same: the first by its id.
            ([offer("B"), offer("A"), offer("C")], "100.00", ["A"]),
            # Together they would leave nothing: the two that take most off.
            (THREE, "12.00", ["A", "B"]),
            (THREE, "12.01", ["A", "C", "B"]),
            # The largest of each kind do not go together, smaller ones do.
            ([offer("A"), offer("B", K.COUPON), offer("C", K.COUPON, off_minor=4_99)], "10.00", ["A", "C"]),
            # One that takes off as much as two together: fewer.
            ([offer("C"), offer("A", K.COUPON, off_minor=2_00), offer("B", K.INCENTIVE, off_minor=3_00)], "6.00", ["C"]),
            # A percentage of the gross, whatever else is taken off.
            ([percent("10"), offer("B", K.COUPON, off_minor=50_00)], "100.00", ["A", "B"]),
            ([offer("A")], "5.00", []),
        ],
    )
    def test_what_is_proposed(self, offers: list[MarketingOffer], gross: str, expected: list[str]) -> None:
        asked = purchase(gross)
        for order in (offers, offers[::-1]):
            chosen = best(order, asked)
            assert ids(chosen) == expected
            assert combine(order, ids(chosen), asked) == chosen

    @settings(max_examples=300)
    @given(
        kinds_and_offs=st.lists(st.tuples(st.sampled_from(OfferKind), st.integers(1, 12)), max_size=7),
        gross=st.integers(1, 30),
    )
    def test_against_looking_at_all_of_them(self, kinds_and_offs: list[tuple[OfferKind, int]], gross: int) -> None:
        offers = [offer(f"{n}", kind, off_minor=off) for n, (kind, off) in enumerate(kinds_and_offs)]
        asked = purchase(gross=Money(gross, "344").text)
        chosen = best(offers, asked)
        assert sorted(ids(chosen)) == by_trying(offers, asked)
        assert sum(each.amount.minor for each in discounts(chosen, asked.gross)) < gross


class TestCombine:
    OFFERS = (
        offer("A"),
        offer("B", K.COUPON),
        offer("C", K.COUPON, off_minor=1_00),
        offer("D", K.INCENTIVE, off_minor=90_00),
    )

    @pytest.mark.parametrize(
        ("chosen", "expected"),
        [([], []), (["C"], ["C"]), (["C", "A"], ["A", "C"]), (["A", "A"], ["A"]), (["C", "D", "A"], ["A", "D", "C"])],
    )
    def test_what_the_user_may_choose(self, chosen: list[str], expected: list[str]) -> None:
        assert ids(combine(self.OFFERS, chosen, purchase())) == expected

    @pytest.mark.parametrize(
        ("chosen", "why"),
        [
            (["B", "C"], "only one of these on a payment: offer B; offer C"),
            (["A", "B", "C"], "only one of these"),
            (["A", "B", "D"], "nothing to pay"),
            (["E"], "not to be had for this payment .*: E"),
            (["A", "<b>" * 99], "not to be had"),
        ],
    )
    def test_what_not(self, chosen: list[str], why: str) -> None:
        with pytest.raises(NotCombinable, match=why) as refused:
            combine(self.OFFERS, chosen, purchase())
        assert len(str(refused.value)) < 200


class TestInThePayment:
    def test_discounts_and_reservations(self) -> None:
        shared = percent("7.5", offer_id="B", kind=K.COUPON, funders=funders(p39990031=60, hub=40), per_user_max=3)
        chosen = (offer("A"), shared)
        assert discounts(chosen, hkd("33.33")) == (
            Discount(amount=hkd("5.00"), note="offer A", funded_by="hub"),
            Discount(amount=hkd("2.50"), note="offer B", funded_by="39990031:60,hub:40"),
        )
        assert reservations(chosen, hkd("33.33"), CHANNEL, "us:er") == (
            Allowance(key="offer:A", amount_minor=5_00, limit_minor=1000_00, code="12"),
            Allowance(key="offer:B", amount_minor=2_50, limit_minor=1000_00, code="12"),
            Allowance(key="offer:B:39990031:us:er", amount_minor=1, limit_minor=3, code="12"),
        )

    @pytest.mark.parametrize("make", [discounts, lambda chosen, gross: reservations(chosen, gross, CHANNEL, "user")])
    def test_an_offer_that_is_not_for_this_amount(self, make: Any) -> None:
        with pytest.raises(ValueError, match=r"offer A is worth nothing on 5\.00"):
            make([offer()], hkd("5.00"))

    @pytest.mark.parametrize(
        ("funded_by", "amount", "expected"),
        [
            ("hub", "5.00", {"hub": "5.00"}),
            ("Lantern: the acquirer, and others", "5.00", {"Lantern: the acquirer, and others": "5.00"}),
            ("39990031:60,hub:40", "5.00", {"39990031": "3.00", "hub": "2.00"}),
            ("39990031:60,hub:40", "0.01", {"39990031": "0.01", "hub": "0.00"}),
            ("39990031:60,hub:40", "0.02", {"39990031": "0.01", "hub": "0.01"}),
            ("39990031:50,hub:50", "0.03", {"39990031": "0.02", "hub": "0.01"}),
            ("1:33,2:33,3:34", "1.00", {"1": "0.33", "2": "0.33", "3": "0.34"}),
            ("1:33,2:33,3:34", "0.02", {"1": "0.01", "2": "0.00", "3": "0.01"}),
        ],
    )
    def test_who_pays_how_much(self, funded_by: str, amount: str, expected: dict[str, str]) -> None:
        found = funding(Discount(amount=hkd(amount), note="", funded_by=funded_by))
        assert {party: share.text for party, share in found} == expected

    @given(amount=st.integers(0, 10**9), shares=st.lists(st.integers(1, 30), min_size=1, max_size=4))
    def test_the_shares_are_always_the_whole(self, amount: int, shares: list[int]) -> None:
        parts = [*shares, 100 - sum(shares)] if sum(shares) < 100 else [100]
        found = offer(funders=tuple(Funder(party=f"p{n}", percent=part) for n, part in enumerate(parts)))
        split = funding(Discount(amount=Money(amount, "344"), note="", funded_by=found.funded_by))
        assert sum(share.minor for _, share in split) == amount
        if len(parts) > 1:
            assert all(abs(share.minor * 100 - amount * part) < 100 for (_, share), part in zip(split, parts, strict=True))


class TestFaults:
    @pytest.mark.parametrize(
        ("found", "faults"),
        [
            (offer(), []),
            (percent("7.2500", cap_minor=1), []),
            (offer(kind=K.COUPON, code="PARK-10"), []),
            (offer(owner=CHANNEL, funders=funders(p39990031=60, hub=40), channels=frozenset({CHANNEL})), []),
            (offer(budget_minor=0), []),  # lowered to nothing
            (offer("", name="x"), ["its id"]),
            (offer("a:b"), ["its id"]),
            (offer("x" * 41), ["its id"]),
            (offer("ümlaut"), ["its id"]),
            (offer(name=""), ["its name"]),
            (offer(name="x" * 51), ["its name"]),
            (offer(name="bell\a"), ["its name"]),
            (offer(name=" 5 off"), ["its name"]),
            (offer(code="PARK10"), ["only a coupon"]),
            (offer(kind=K.COUPON, code="park10"), ["its code"]),
            (offer(kind=K.COUPON, code="P1"), ["its code"]),
            (offer(owner=""), ["no application id"]),
            (offer(funders=funders(hub=50, p3999=50), owner="a:b"), ["'a:b' is no application id"]),
            (offer(channels=frozenset({"a,b"})), ["'a,b' is no application id"]),
            (offer(funders=()), ["somebody must fund it"]),
            (offer(funders=(*funders(hub=50), *funders(hub=50))), ["nobody twice"]),
            (offer(funders=funders(hub=99)), ["sum to 100"]),
            (offer(funders=funders(hub=100, p39990031=0)), ["sum to 100"]),
            (offer(funders=funders(hub=101, p39990031=-1)), ["sum to 100"]),
            (offer(currency="000"), ["no currency"]),
            (offer(off_minor=0), ["either an amount or a percentage"]),
            (percent("5", off_minor=5_00), ["either an amount or a percentage"]),
            (percent("NaN"), ["either"]),
            (percent("sNaN"), ["either"]),
            (percent("Infinity"), ["either"]),
            (percent("-5"), ["between 0 and 100"]),
            (percent("-5", off_minor=5_00), ["either"]),
            (percent("100"), ["between 0 and 100"]),
            (percent("5.00001"), ["up to 4 decimals"]),
            (offer(cap_minor=1), ["only a percentage"]),
            (offer(off_minor=-5_00), ["its amounts"]),
            (offer(budget_minor=-1), ["its amounts"]),
            (offer(minimum_minor=10**15 + 1), ["its amounts"]),
            (offer(per_user_max=-1), ["number of times"]),
            (offer(valid_until=FROM), ["end before it begins"]),
            (offer(valid_until=UNTIL.replace(tzinfo=None)), ["time zone"]),
        ],
    )
    def test_what_cannot_be_an_offer(self, found: MarketingOffer, faults: list[str]) -> None:
        told = offer_faults(found)
        assert len(told) == len(faults), told
        assert all(part in whole for part, whole in zip(faults, told, strict=True)), told


class TestStates:
    @pytest.mark.parametrize(
        ("state", "event", "after"),
        [
            ("ACTIVE", "pause", "PAUSED"),
            ("ACTIVE", "resume", None),
            ("ACTIVE", "end", "ENDED"),
            ("PAUSED", "pause", None),
            ("PAUSED", "resume", "ACTIVE"),
            ("PAUSED", "end", "ENDED"),
            ("ENDED", "pause", None),
            ("ENDED", "resume", None),
            ("ENDED", "end", None),
        ],
    )
    def test_every_step(self, state: str, event: str, after: str | None) -> None:
        found = offer(state=OfferState(state))
        if after:
            assert found.after(OfferEvent(event)) == after
            return
        with pytest.raises(IllegalMove, match=f"offer A is {state}: no {event}, only "):
            found.after(OfferEvent(event))


class TestTheSandboxs:
    @pytest.mark.parametrize("found", OFFERS, ids=ids(OFFERS))
    def test_they_can_be(self, found: MarketingOffer) -> None:
        assert offer_faults(found) == ()

    def test_one_of_each_kind(self) -> None:
        assert {each.kind for each in OFFERS} == set(OfferKind)

    @pytest.mark.parametrize(
        ("gross", "channel", "industry", "codes", "expected"),
        [
            ("80.00", HARBOUR_CHANNEL, PARKING, {"PARK10"}, [(INSTANT, "4.00"), (INCENTIVE, "5.00"), (COUPON, "10.00")]),
            ("80.00", HARBOUR_CHANNEL, PARKING, {}, [(INSTANT, "4.00"), (INCENTIVE, "5.00")]),
            ("79.99", HARBOUR_CHANNEL, PARKING, {"PARK10"}, [(INSTANT, "4.00"), (INCENTIVE, "5.00")]),
            ("49.99", HARBOUR_CHANNEL, PARKING, {}, [(INSTANT, "2.50")]),
            ("500.00", PEAK_CHANNEL, PARKING, {}, [(INSTANT, "20.00")]),
            ("80.00", HARBOUR_CHANNEL, TRAVEL, {"PARK10"}, [(INCENTIVE, "5.00")]),
            ("80.00", PEAK_CHANNEL, TRAVEL, {}, []),
        ],
    )
    def test_what_they_are_worth(
        self, gross: str, channel: str, industry: str, codes: Any, expected: list[tuple[MarketingOffer, str]]
    ) -> None:
        asked = purchase(gross, channel=channel, industry=industry, codes=frozenset(codes))
        chosen = best(eligible(OFFERS, asked), asked)
        found = [(one, each.amount.text) for one, each in zip(chosen, discounts(chosen, asked.gross), strict=True)]
        assert found == expected
