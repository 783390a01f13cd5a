"""What the hub sends to partners, in the core's own words; the wire adapter gives each its fields and its path."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from .bank import Movement
from .identifiers import AccountNumber, Token
from .money import Money
from .transactions import Merchant, Payment, PaymentStatus


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every message to a partner. `message` is its name on the wire; a repeat carries the same `msg_id`."""

    message: ClassVar[str]
    msg_id: str
    sent_at: datetime  # business time: msgInfo.timeStamp

    @property
    def amount(self) -> Money | None:
        """The amount that a valid answer must repeat (RULES section 1); None for messages without one."""
        return None


class Debit(Outgoing, frozen=True, kw_only=True):
    """DEBIT_TRANSACTION (PROTOCOL 2.2): debit `payment.bill` from `account` for the payment's amount."""

    message = "DEBIT_TRANSACTION"
    movement: ClassVar[Movement] = Movement.DEBIT
    payment: Payment
    account: AccountNumber
    related_type: str  # relTrxType: MPQRC_PAYMENT, ...

    @property
    def amount(self) -> Money | None:
        return self.payment.amount


class BankInquiry(Outgoing, frozen=True, kw_only=True):
    """TRX_RESULT_INQUIRY to the core bank: what became of `orig_msg_id`?"""

    message = "TRX_RESULT_INQUIRY"
    orig_msg_id: str
    orig_message: str


class Reversal(Outgoing, frozen=True, kw_only=True):
    """REVERSAL: book `orig_msg_id` back in full, or bar it for ever if it never came (RULES section 3b)."""

    message = "REVERSAL"
    payment: Payment
    orig_msg_id: str
    orig_message: str

    @property
    def amount(self) -> Money | None:
        return self.payment.amount


class MerchantVerification(Outgoing, frozen=True, kw_only=True):
    """MERCHANT_VERIFICATION to acquirers that ask for it, before the debit; a no means `03`."""

    message = "MERCHANT_VERIFICATION"
    merchant: Merchant
    qr_payload: str


class ResultNotification(Outgoing, frozen=True, kw_only=True):
    """TRX_RESULT_NOTIFICATION. To the payer's gateway it carries the token, to an acquirer it does not (RULES section 15)."""

    message = "TRX_RESULT_NOTIFICATION"
    payment: Payment
    status: PaymentStatus
    token: Token | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's answer that counts: signed, fresh, and to this very message. Fields the partner left out are empty."""

    code: str
    text: str = ""
    refer_no: str = ""
    payment_status: str = ""
    reason: str = ""
