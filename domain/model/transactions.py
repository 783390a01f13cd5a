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
    AWAITING_CARDHOLDER = "AWAITING_CARDHOLDER"  # ADDITIONAL_PROCESSING is with the cardholder's app
    READY = "READY"  # decided, and nothing sent yet: a worker sends it
    PENDING = "PENDING"
    UNKNOWN = "UNKNOWN"
    REVERSING = "REVERSING"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    REVERSED = "REVERSED"


class PaymentEvent(StrEnum):
    CARDHOLDER_AGREED = "cardholder_agreed"
    SEND = "send"
    APPROVE = "approve"
    DECLINE = "decline"
    LOSE_SIGHT = "lose_sight"
    REVERSE = "reverse"
    CONFIRM_REVERSAL = "confirm_reversal"


_S, _E = PaymentState, PaymentEvent

PAYMENT_MOVES: Final[dict[PaymentState, dict[PaymentEvent, PaymentState]]] = {
    _S.AWAITING_CARDHOLDER: {_E.CARDHOLDER_AGREED: _S.READY, _E.DECLINE: _S.DECLINED},
    _S.READY: {_E.SEND: _S.PENDING, _E.DECLINE: _S.DECLINED},
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
    """A business key that at most one payment may hold: a one-time QR (`02`), an order or settlement key (`94`).

    `kept`: it stays spent whatever becomes of the payment (a consumer's code), instead of being given back.
    """

    key: str
    code: str
    kept: bool = False


class Allowance(msgspec.Struct, frozen=True, kw_only=True, tag="allowance"):
    """A share of something bounded, in minor units: a card's limit of a day, what is left to refund of a payment."""

    key: str
    amount_minor: int
    limit_minor: int
    code: str = "61"


def day_limit(card_id: int, day: date, amount_minor: int, limit_minor: int) -> Allowance:
    """A share of a card's daily limit on the issuer's local date, in minor units of the bill currency."""
    return Allowance(key=f"day:{card_id}:{day.isoformat()}", amount_minor=amount_minor, limit_minor=limit_minor)


class Barrier(msgspec.Struct, frozen=True, kw_only=True, tag="barrier"):
    """A rule that is known to be broken already, in its place in the order: it can never be taken. First hit wins."""

    code: str


Reservation = OnceKey | Allowance | Barrier
"""Held from the first transaction on; given back on DECLINED and REVERSED, except what is `kept`."""


class Rolls(StrEnum):
    """How a payment of unknown outcome is brought to an end (RULES sections 1 and 3)."""

    BACK = "back"  # ask, then REVERSAL until it is confirmed
    FORWARD = "forward"  # ask, then the same message again until it is known
    INSIST = "insist"  # the message is a REVERSAL itself: repeated until it is confirmed


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub does at the core bank for a message that moves money, and which customers' accounts that touches."""

    bank_message: str
    related_type: str  # relTrxType
    rolls: Rolls = Rolls.BACK
    takes: bool = True  # from the cardholder's account
    gives: bool = False  # to a cardholder's account: the payer's own for credits, the payee's for a transfer
    by_acquirer: bool = False  # asked for by an acquirer: the payer's gateway is always told (RULES section 11)
    downstream: bool = False  # of an order of UCSP: moved by its downstream acquirer (Payment.issuer), by no core bank


KINDS: Final[dict[str, Kind]] = {
    "MPQRC_PAYMENT_EMV": Kind(bank_message="DEBIT_TRANSACTION", related_type="MPQRC_PAYMENT"),
    "MPQRC_PAYMENT_URL": Kind(bank_message="DEBIT_TRANSACTION", related_type="MPQRC_PAYMENT"),
    "CPQRC_PAYMENT": Kind(bank_message="DEBIT_TRANSACTION", related_type="CPQRC_PAYMENT", by_acquirer=True),
    "TOKEN_PAYMENT": Kind(bank_message="DEBIT_TRANSACTION", related_type="TOKEN_PAYMENT", by_acquirer=True),
    "WITHDRAW": Kind(bank_message="DEBIT_TRANSACTION", related_type="WITHDRAW", by_acquirer=True),
    "BILL_PAYMENT": Kind(bank_message="DEBIT_TRANSACTION", related_type="BILL_PAYMENT"),
    "P2P_TRANSFER": Kind(bank_message="P2P_TRANSFER", related_type="P2P_TRANSFER", gives=True),
    "CREDIT_TRANSACTION": Kind(
        bank_message="CREDIT_TRANSACTION", related_type="CREDIT_TRANSACTION", rolls=Rolls.FORWARD, takes=False, gives=True
    ),
    "REFUND": Kind(bank_message="CREDIT_TRANSACTION", related_type="REFUND", rolls=Rolls.FORWARD, takes=False, gives=True),
    "CANCELLATION": Kind(bank_message="REVERSAL", related_type="CANCELLATION", rolls=Rolls.INSIST, takes=False, gives=True),
    "REVERSAL": Kind(bank_message="REVERSAL", related_type="REVERSAL", rolls=Rolls.INSIST, takes=False, gives=True),
    # What users pay at the cashier, and what PAYMENT_RESULT tells of payments that did not begin there (by the order's QR).
    "PAY": Kind(bank_message="PAY", related_type="PAY", downstream=True),
    "PAYMENT_RESULT": Kind(bank_message="PAYMENT_RESULT", related_type="PAYMENT_RESULT", downstream=True),
}
"""The message that asked for the money to move -> what is done about it. Where a payment's `kind` is a row of this table."""

UNDOES: Final = frozenset({"REFUND", "CANCELLATION", "REVERSAL"})
"""Kinds that give back what another payment took; `orig_payment_id` says which."""


class SettlementKey(msgspec.Struct, frozen=True, kw_only=True):
    """The acquirer's name for a transaction (PROTOCOL 2.0): IINs of 8, systemTraceAuditNumber 6, MMDDhhmmss."""

    acquirer_iin: str
    forwarding_iin: str
    trace_no: str
    transmitted: str

    @property
    def text(self) -> str:
        """One text, to find a payment by."""
        return f"{self.acquirer_iin}:{self.forwarding_iin}:{self.trace_no}:{self.transmitted}"


class CardholderSays(StrEnum):
    """`paymentStatus` of ADDITIONAL_PROCESSING_RESULT (PROTOCOL section 0)."""

    NOTHING = ""
    CONTINUING = "CONTINUING"
    REJECTED = "REJECTED"


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
    orig_payment_id: int | None = None  # REFUND, CANCELLATION, REVERSAL: what is given back
    payee_card_id: int | None = None  # P2P_TRANSFER to a card of this hub ...
    payee_gateway: str = ""  # ... and its app gateway
    settlement_key: str = ""  # SettlementKey.text
    code_id: int | None = None  # the one-time code that it was paid with
    additional_msg_id: str = ""  # msgID of its ADDITIONAL_PROCESSING
    cardholder: CardholderSays = CardholderSays.NOTHING
    told_pending: bool = False  # the sender got 04 (or nothing): it ends with a TRX_RESULT_NOTIFICATION
    order_id: int | None = None  # of an order of UCSP: sender is then its industry, gateway its channel, issuer its acquirer
    masked_pan: str = ""  # of the card that pays it

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES

    @property
    def does(self) -> Kind:
        """What is done at the bank for a payment of this kind. KeyError for a kind that moves no money."""
        return KINDS[self.kind]

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
