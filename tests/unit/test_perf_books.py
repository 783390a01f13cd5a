"""The comparison of the books finds what it is there to find."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from rig.books import Booking, Told, Verdict, compare
from unionhub.domain.model.money import Money
from unionhub.domain.model.transactions import Payment, PaymentState

SENDER = "99010344"
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def payment(number: int, state: PaymentState = PaymentState.APPROVED, minor: int = 100) -> Payment:
    money = Money(minor, "344")
    return Payment(
        payment_id=number,
        kind="MPQRC_PAYMENT_EMV",
        sender=SENDER,
        msg_id=f"m{number}",
        state=state,
        opened_at=NOW,
        due_at=None,
        amount=money,
        bill=money,
        bank_msg_id=f"b{number}",
        reversal_msg_id=f"r{number}" if state is PaymentState.REVERSED else "",
    )


def booking(ref: str, sign: str = "-", minor: int = 100) -> Booking:
    return Booking(ref, sign, Money(minor, "344"))


def told(number: int, minor: int = 100) -> Told:
    return Told(SENDER, f"m{number}", minor)


def wrong(verdict: Verdict) -> dict[str, int]:
    names = ("lost", "twice", "unexplained", "untrue", "unfinished", "undelivered")
    return {name: getattr(verdict, name) for name in names if getattr(verdict, name)}


def test_books_that_agree() -> None:
    payments = [payment(1), payment(2, PaymentState.REVERSED), payment(3, PaymentState.DECLINED)]
    verdict = compare([told(1)], payments, [booking("b1"), booking("b2"), booking("r2", "+")])
    assert verdict.is_right
    assert (verdict.approved, verdict.booked, verdict.approved_minor, verdict.booked_minor) == (1, 1, 100, 100)


def test_a_reversed_payment_that_never_reached_the_bank() -> None:
    assert compare([], [payment(2, PaymentState.REVERSED)], []).is_right


@pytest.mark.parametrize(
    ("found", "payments", "bookings", "expected"),
    [
        ([told(1)], [payment(1)], [], {"lost": 1}),
        ([told(1)], [payment(1)], [booking("b1"), booking("b1")], {"twice": 1}),
        ([], [payment(1, PaymentState.DECLINED)], [booking("b1")], {"unexplained": 1}),
        ([], [], [booking("x")], {"unexplained": 1}),
        ([told(1)], [payment(1)], [booking("b1"), booking("y", "+")], {"unexplained": 1}),
        ([told(1)], [payment(1, PaymentState.DECLINED)], [], {"untrue": 1}),
        ([told(9)], [], [], {"untrue": 1}),
        ([told(1, 999)], [payment(1)], [booking("b1")], {"untrue": 1}),
        ([], [payment(1, PaymentState.UNKNOWN)], [], {"unfinished": 1}),
    ],
)
def test_books_that_differ(
    found: list[Told], payments: list[Payment], bookings: list[Booking], expected: dict[str, int]
) -> None:
    verdict = compare(found, payments, bookings)
    assert wrong(verdict) == expected
    assert not verdict.is_right
    assert verdict.examples


def test_two_payments_for_which_the_bank_booked_once() -> None:
    """What colliding message numbers would do: the second one gets the first one's approval."""
    second = msgspec.structs.replace(payment(2), bank_msg_id="b1")
    assert wrong(compare([told(1), told(2)], [payment(1), second], [booking("b1")])) == {"lost": 1}


def test_an_amount_that_differs_is_found_by_the_sum() -> None:
    verdict = compare([told(1)], [payment(1)], [booking("b1", minor=101)])
    assert wrong(verdict) == {}
    assert not verdict.is_right


def test_notices_that_were_not_delivered() -> None:
    assert not compare([], [], [], undelivered=1).is_right
