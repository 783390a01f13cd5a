"""Payments: the record of one money movement, its states, and what it holds while it is open (RULES section 1)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from .errors import IllegalMove
from .money import Money


class PaymentState(StrEnum):
    AWAITING_CARDHOLDER = "AWAITING_CARDHOLDER"
    PENDING = "PENDING"
    UNKNOWN = "UNKNOWN"
    REVERSING = "REVERSING"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    REVERSED = "REVERSED"


class PaymentEvent(StrEnum):
    CARDHOLDER_AGREED = "cardholder_agreed"
    APPROVE = "approve"
    DECLINE = "decline"
    LOSE_SIGHT = "lose_sight"
    REVERSE = "reverse"
    CONFIRM_REVERSAL = "confirm_reversal"


_S, _E = PaymentState, PaymentEvent

PAYMENT_MOVES: Final[dict[PaymentState, dict[PaymentEvent, PaymentState]]] = {
    _S.AWAITING_CARDHOLDER: {_E.CARDHOLDER_AGREED: _S.PENDING, _E.DECLINE: _S.DECLINED},
    _S.PENDING: {
        _E.APPROVE: _S.APPROVED,
        _E.DECLINE: _S.DECLINED,
        _E.LOSE_SIGHT: _S.UNKNOWN,
        _E.REVERSE: _S.REVERSING,
    },
    _S.UNKNOWN: {_E.APPROVE: _S.APPROVED, _E.DECLINE: _S.DECLINED, _E.REVERSE: _S.REVERSING},
    _S.REVERSING: {_E.CONFIRM_REVERSAL: _S.REVERSED},
    _S.APPROVED: {},
    _S.DECLINED: {},
    _S.REVERSED: {},
}
"""State -> event -> next state. A state without events is terminal and never changes."""

FINAL_STATES: Final = frozenset(state for state, moves in PAYMENT_MOVES.items() if not moves)


class PaymentStatus(StrEnum):
    """`paymentStatus` on the wire (RULES section 11)."""

    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    PENDING = "PENDING"
    REVERSED = "REVERSED"


class Discount(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the gross amount that the payer does not pay, and who pays it instead."""

    amount: Money
    note: str  # ANS <= 50
    funded_by: str


class Merchant(msgspec.Struct, frozen=True, kw_only=True):
    """The payee as the QR code (or the order) names it; never as the payer's app claims."""

    acquirer_iin: str = ""
    forwarding_iin: str = ""
    merchant_id: str = ""
    name: str = ""
    mcc: str = ""
    country: str = ""  # ISO 3166 numeric
    terminal_id: str = ""


class OnceKey(msgspec.Struct, frozen=True, kw_only=True, tag="once"):
    """A business key that at most one open or approved payment may hold: a one-time QR (`02`), an order (`94`)."""

    key: str
    code: str


class DayLimit(msgspec.Struct, frozen=True, kw_only=True, tag="day"):
    """A share of a card's daily limit on the issuer's local date, in minor units of the bill currency."""

    card_id: int
    day: date
    amount_minor: int
    limit_minor: int
    code: str = "61"


class Barrier(msgspec.Struct, frozen=True, kw_only=True, tag="barrier"):
    """A rule that is known to be broken already, in its place in the order: it can never be taken. First hit wins."""

    code: str


Reservation = OnceKey | DayLimit | Barrier
"""Held from the first transaction on; given back on DECLINED and REVERSED."""


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One money movement. Amounts: `gross` = originalAmount, `amount` = gross less discounts, `fee` lies within gross."""

    payment_id: int
    kind: str  # the message that asked for it: MPQRC_PAYMENT_EMV, ...
    sender: str  # app_id; (sender, msg_id) is the claim
    msg_id: str
    state: PaymentState
    opened_at: datetime
    due_at: datetime | None  # when the worker must look at it; None once final
    code: str = ""  # the final answer's response code; empty while there is none
    bank_code: str = ""
    gateway: str = ""  # app_id of the payer's app gateway
    issuer: str = ""
    acquirer: str = ""
    card_id: int | None = None
    user_id: str = ""
    device_id: str = ""
    gross: Money | None = None
    amount: Money | None = None
    fee: Money | None = None
    bill: Money | None = None
    bill_rate: Decimal = Decimal(1)
    settle: Money | None = None
    settle_rate: Decimal = Decimal(1)
    settle_date: date | None = None
    discounts: tuple[Discount, ...] = ()
    merchant: Merchant = Merchant()
    qr_payload: str = ""
    note: str = ""
    reservations: tuple[Reservation, ...] = ()
    voucher_no: str = ""  # qrcVoucherNo, N 20
    trace_no: str = ""  # N 6
    retrieval_ref: str = ""  # retrivlRefNum, N 12
    bank_msg_id: str = ""  # msgID of the message to the bank: the bank's idempotency key and its booking's reference
    reversal_msg_id: str = ""
    refer_no: str = ""  # the bank's own reference
    asks: int = 0  # TRX_RESULT_INQUIRY and REVERSAL attempts made since the last move
    told_pending: bool = False  # the sender got 04 (or nothing): it ends with a TRX_RESULT_NOTIFICATION

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES

    @property
    def answer_code(self) -> str:
        """What the sender is told now: `04` until an answer stands (RULES section 2)."""
        return self.code or "04"

    @property
    def status(self) -> PaymentStatus:
        """`paymentStatus` for inquiries. A decline that was already answered stays one while its REVERSAL is under way."""
        if self.state in (PaymentState.APPROVED, PaymentState.DECLINED, PaymentState.REVERSED):
            return PaymentStatus(self.state.value)
        return PaymentStatus.DECLINED if self.code else PaymentStatus.PENDING

    def moved(self, event: PaymentEvent, **changes: object) -> Payment:
        """The payment after `event`; raises IllegalMove where the state table has none."""
        try:
            state = PAYMENT_MOVES[self.state][event]
        except KeyError:
            raise IllegalMove(f"payment {self.payment_id}: {event} in {self.state}") from None
        return msgspec.structs.replace(self, state=state, asks=0, **changes)
