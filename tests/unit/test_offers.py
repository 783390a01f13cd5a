"""Coupons: what they take off, whom they cost, and that none is ignored in silence."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from unionhub.adapters.memory.offers import Coupon, CouponBook
from unionhub.domain.model.errors import Decline
from unionhub.domain.model.money import Money
from unionhub.domain.model.transactions import Discount, Merchant
from unionhub.ports.offers import Offers

FROM, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
INSIDE = datetime(2026, 11, 15, tzinfo=UTC)


class StoppedClock:
    def __init__(self, time: datetime) -> None:
        self.time = time

    def now(self) -> datetime:
        return self.time


def hkd(text: str) -> Money:
    return Money.parse(text, "344", zero=True)


def coupon(code: str = "TEN", **changes: object) -> Coupon:
    fields: dict[str, object] = {
        "code": code,
        "off": hkd("10.00"),
        "minimum": hkd("50.00"),
        "funded_by": "39990003",
        "note": "10 off",
        "valid_from": FROM,
        "valid_until": UNTIL,
    }
    return Coupon(**(fields | changes))  # type: ignore[arg-type]


BOOK = [
    coupon(),
    coupon("PERCENT", off=Decimal("12.5"), minimum=hkd("0")),
    coupon("YEN", off=Money(100, "392"), minimum=Money(100, "392")),
    coupon("ANY", minimum=hkd("0")),
]


def quote(code: str, gross: Money, time: datetime = INSIDE) -> tuple[Discount, ...]:
    offers: Offers = CouponBook(BOOK, StoppedClock(time))
    return asyncio.run(offers.quote(code, gross, Merchant()))


@pytest.mark.parametrize(
    ("code", "gross", "off"),
    [
        ("TEN", hkd("50.00"), hkd("10.00")),
        ("TEN", hkd("1000.00"), hkd("10.00")),
        ("PERCENT", hkd("100.00"), hkd("12.50")),
        ("PERCENT", hkd("0.20"), hkd("0.03")),  # 0.025, half-up
        ("YEN", Money(500, "392"), Money(100, "392")),
        ("ANY", hkd("10.01"), hkd("10.00")),
    ],
)
def test_what_a_coupon_takes_off(code: str, gross: Money, off: Money) -> None:
    (discount,) = quote(code, gross)
    assert discount.amount == off
    assert discount.amount < gross


def test_who_pays_and_what_the_payer_reads() -> None:
    assert quote("TEN", hkd("50.00")) == (Discount(amount=hkd("10.00"), note="10 off", funded_by="39990003"),)


def test_no_coupon_no_discount() -> None:
    assert quote("", hkd("50.00")) == ()


@pytest.mark.parametrize(
    ("code", "gross", "time", "why"),
    [
        ("NEVER", hkd("50.00"), INSIDE, "unknown"),
        ("ten", hkd("50.00"), INSIDE, "unknown"),
        (" ", hkd("50.00"), INSIDE, "unknown"),
        ("TEN", hkd("49.99"), INSIDE, "minimum"),
        ("TEN", Money(5000, "156"), INSIDE, "currency"),
        ("TEN", hkd("50.00"), FROM - timedelta(seconds=1), "not valid now"),
        ("TEN", hkd("50.00"), UNTIL, "not valid now"),
        ("ANY", hkd("10.00"), INSIDE, "does not fit"),  # would leave nothing to pay
        ("ANY", hkd("9.00"), INSIDE, "does not fit"),
        ("PERCENT", hkd("0.03"), INSIDE, "does not fit"),  # 0.00375: worth nothing
    ],
)
def test_a_coupon_that_cannot_be_used_is_declined(code: str, gross: Money, time: datetime, why: str) -> None:
    with pytest.raises(Decline) as caught:
        quote(code, gross, time)
    assert caught.value.code == "12"
    assert why in caught.value.detail


@pytest.mark.parametrize("time", [FROM, UNTIL - timedelta(microseconds=1)])
def test_the_edges_of_its_time(time: datetime) -> None:
    assert quote("TEN", hkd("50.00"), time)


@pytest.mark.parametrize(
    "changes",
    [
        {"code": ""},
        {"code": "x" * 31},
        {"note": ""},
        {"note": "x" * 51},
        {"off": hkd("0")},
        {"off": Money(1000, "156")},
        {"off": Decimal(0)},
        {"off": Decimal(100)},
        {"off": Decimal(-5)},
        {"valid_until": FROM},
        {"valid_from": datetime(2026, 11, 1), "valid_until": datetime(2026, 12, 1)},  # noqa: DTZ001 - that is the mistake
    ],
)
def test_a_coupon_that_could_not_work_is_refused_at_once(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="coupon"):
        coupon(**changes)  # type: ignore[arg-type]
