"""The payment's state table, cell by cell (RULES section 1)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from unionhub.domain.model.errors import IllegalMove
from unionhub.domain.model.transactions import FINAL_STATES, Payment, PaymentEvent, PaymentState, PaymentStatus

S, E = PaymentState, PaymentEvent

TABLE = {
    (S.AWAITING_CARDHOLDER, E.CARDHOLDER_AGREED): S.READY,
    (S.AWAITING_CARDHOLDER, E.DECLINE): S.DECLINED,
    (S.READY, E.SEND): S.PENDING,
    (S.READY, E.DECLINE): S.DECLINED,
    (S.PENDING, E.APPROVE): S.APPROVED,
    (S.PENDING, E.DECLINE): S.DECLINED,
    (S.PENDING, E.LOSE_SIGHT): S.UNKNOWN,
    (S.PENDING, E.REVERSE): S.REVERSING,
    (S.UNKNOWN, E.APPROVE): S.APPROVED,
    (S.UNKNOWN, E.DECLINE): S.DECLINED,
    (S.UNKNOWN, E.REVERSE): S.REVERSING,
    (S.REVERSING, E.CONFIRM_REVERSAL): S.REVERSED,
}


def payment(state: PaymentState, code: str = "") -> Payment:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Payment(
        payment_id=1, kind="MPQRC_PAYMENT_EMV", sender="1", msg_id="m", state=state, opened_at=now, due_at=now, code=code
    )


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("event", E)
def test_each_cell(state: PaymentState, event: PaymentEvent) -> None:
    if (state, event) in TABLE:
        assert payment(state).moved(event).state is TABLE[state, event]
    else:
        with pytest.raises(IllegalMove):
            payment(state).moved(event)


def test_final_states_never_change() -> None:
    assert frozenset({S.APPROVED, S.DECLINED, S.REVERSED}) == FINAL_STATES


@pytest.mark.parametrize(
    ("state", "code", "status", "answer"),
    [
        (S.PENDING, "", PaymentStatus.PENDING, "04"),
        (S.AWAITING_CARDHOLDER, "", PaymentStatus.PENDING, "04"),
        (S.READY, "", PaymentStatus.PENDING, "04"),
        (S.UNKNOWN, "", PaymentStatus.PENDING, "04"),
        (S.REVERSING, "", PaymentStatus.PENDING, "04"),
        (S.REVERSING, "71", PaymentStatus.DECLINED, "71"),  # answered as declined at once (class R)
        (S.APPROVED, "00", PaymentStatus.APPROVED, "00"),
        (S.DECLINED, "51", PaymentStatus.DECLINED, "51"),
        (S.REVERSED, "91", PaymentStatus.REVERSED, "91"),
    ],
)
def test_what_inquiries_and_repeats_are_told(state: PaymentState, code: str, status: PaymentStatus, answer: str) -> None:
    assert (payment(state, code).status, payment(state, code).answer_code) == (status, answer)
