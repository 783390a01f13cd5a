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


def payment(
    number: int,
    state: PaymentState = PaymentState.APPROVED,
    minor: int = 100,
    *,
    kind: str = "MPQRC_PAYMENT_EMV",
    of: int | None = None,
    payee: int | None = 7,
) -> Payment:
    money = Money(minor, "344")
    return Payment(
        payment_id=number,
        kind=kind,
        orig_payment_id=of,
        payee_card_id=payee if kind == "P2P_TRANSFER" else None,
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
    names = ("lost", "twice", "differ", "unexplained", "untrue", "unfinished", "undelivered")
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


def test_an_amount_that_differs() -> None:
    assert wrong(compare([told(1)], [payment(1)], [booking("b1", minor=101)])) == {"differ": 1}


class TestOtherKinds:
    """What a message books depends on its kind (transactions.KINDS): payments take, refunds give, transfers do both."""

    def test_a_transfer_has_two_legs(self) -> None:
        transfer = payment(1, kind="P2P_TRANSFER")
        verdict = compare([told(1)], [transfer], [booking("b1"), booking("b1", "+")])
        assert verdict.is_right
        assert (verdict.approved, verdict.booked) == (1, 1)
        assert (verdict.approved_minor, verdict.approved_given_minor, verdict.booked_given_minor) == (100, 100, 100)

    @pytest.mark.parametrize(
        ("bookings", "expected"),
        [
            ([booking("b1")], {"lost": 1}),
            ([booking("b1", "+")], {"lost": 1}),
            ([booking("b1"), booking("b1", "+"), booking("b1", "+")], {"twice": 1}),
            ([booking("b1"), booking("b1", "+", minor=99)], {"differ": 1}),
            ([booking("b1", minor=101), booking("b1", "+", minor=101)], {"differ": 2}),  # the sums alone would not show it
        ],
    )
    def test_a_transfer_that_lacks_one_or_differs(self, bookings: list[Booking], expected: dict[str, int]) -> None:
        verdict = compare([told(1)], [payment(1, kind="P2P_TRANSFER")], bookings)
        assert wrong(verdict) == expected
        assert not verdict.is_right

    def test_a_transfer_to_somebody_without_a_card_here(self) -> None:
        transfer = payment(1, kind="P2P_TRANSFER", payee=None)
        assert compare([told(1)], [transfer], [booking("b1")]).is_right
        assert compare([told(1)], [transfer], [booking("b1"), booking("b1", "+")]).is_right

    def test_a_transfer_that_was_taken_back(self) -> None:
        transfer = payment(2, PaymentState.REVERSED, kind="P2P_TRANSFER")
        there, back = [booking("b2"), booking("b2", "+")], [booking("r2", "+"), booking("r2")]
        assert compare([], [transfer], [*there, *back]).is_right
        assert wrong(compare([], [transfer], [*there, back[0]])) == {"unexplained": 1}
        assert not compare([], [transfer], there).is_right

    @pytest.mark.parametrize("kind", ["REFUND", "CANCELLATION", "REVERSAL", "CREDIT_TRANSACTION"])
    def test_what_gives_books_a_credit(self, kind: str) -> None:
        payments = [payment(1), payment(2, minor=40, kind=kind, of=None if kind == "CREDIT_TRANSACTION" else 1)]
        verdict = compare([told(1)], payments, [booking("b1"), booking("b2", "+", minor=40)])
        assert verdict.is_right
        assert (verdict.booked, verdict.booked_minor, verdict.booked_given_minor) == (2, 100, 40)
        assert wrong(compare([told(1)], payments, [booking("b1"), booking("b2", minor=40)])) == {"lost": 1, "unexplained": 1}

    def test_undoing_what_was_never_approved_moves_nothing(self) -> None:
        payments = [payment(1, PaymentState.DECLINED), payment(2, kind="REVERSAL", of=1), payment(3, kind="REVERSAL")]
        assert compare([], payments, []).is_right
        assert wrong(compare([], payments, [booking("b2", "+")])) == {"unexplained": 1}


def test_notices_that_were_not_delivered() -> None:
    assert not compare([], [], [], undelivered=1).is_right
