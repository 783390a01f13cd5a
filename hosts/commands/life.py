"""What the store knows of one payment, and what that proves.

The store keeps the present state, not its history. A payment with a reversal's msgID was REVERSING, one whose cardholder said
yes was READY, one whose sender was told 04 ends with a notice to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from unionhub.domain.model.cards import Card
from unionhub.domain.model.notices import Attempt, Notice
from unionhub.domain.model.orders import Order
from unionhub.domain.model.transactions import UNDOES, CardholderSays, Payment, PaymentState

from .resolution import Proposal

_STATE: Final = 10


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one payment. `parties` gives names; `proposal` is the latest of `transactions resolve`.

    `original` is what it gives back, `undone_by` what gives it back; `payee` the card that a transfer went to; `order`: of
    UCSP, of which it is a payment.
    """

    payment: Payment
    parties: Mapping[str, str]
    card: Card | None
    payee: Card | None = None
    order: Order | None = None
    original: Payment | None = None
    undone_by: list[Payment] = []
    notices: list[tuple[Notice, list[Attempt]]]
    proposal: Proposal | None

    @property
    def wide(self) -> int:
        """Of the column of states: one name is longer than all others."""
        return max(_STATE, *(len(state) for state in states_of(self.payment)))

    def who(self, app_id: str) -> str:
        name = self.parties.get(app_id, "")
        return f"{name} ({app_id})" if name else app_id


def states_of(payment: Payment) -> list[PaymentState]:
    """The states it certainly went through. PENDING to REVERSING may have led by UNKNOWN or not."""
    passed = []
    if payment.additional_msg_id or payment.state is PaymentState.AWAITING_CARDHOLDER:
        passed.append(PaymentState.AWAITING_CARDHOLDER)
    if payment.cardholder is CardholderSays.CONTINUING or payment.state is PaymentState.READY:
        passed.append(PaymentState.READY)
    if not passed or was_sent(payment):
        passed.append(PaymentState.PENDING)
    if payment.reversal_msg_id or payment.state is PaymentState.REVERSED:
        passed.append(PaymentState.REVERSING)
    return passed if payment.state in passed else [*passed, payment.state]


def was_sent(payment: Payment) -> bool:
    """Something may have reached the bank: it answered, or nobody can say that it did not."""
    if payment.state in (PaymentState.AWAITING_CARDHOLDER, PaymentState.READY):
        return False
    if payment.bank_code:
        return bool(payment.bank_msg_id)
    if payment.kind in UNDOES and payment.is_final:
        return False  # there was nothing to give back, or the hub ended the original itself
    undecided = payment.told_pending or not payment.is_final or payment.state in (PaymentState.APPROVED, PaymentState.REVERSED)
    return bool(payment.bank_msg_id) and undecided and not _declined_by_cardholder(payment)


def _declined_by_cardholder(payment: Payment) -> bool:
    """Ended before anything was sent: the cardholder said no, or nothing in time."""
    return payment.state is PaymentState.DECLINED and bool(payment.additional_msg_id) and not payment.bank_code
