"""A message that passed the gate, and the requests and results of the flows."""

from __future__ import annotations

import msgspec

from .identifiers import Token
from .parties import Party


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent what: the genuine, decoded message's identity. `digest` is keyed, over the request without timeStamp."""

    sender: Party
    uuid: str  # UPI-UUID, accepted once per sender
    message: str
    msg_id: str
    digest: bytes


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The idempotency key (sender, msg_id) with what was asked under it (RULES section 2)."""

    sender: str
    msg_id: str
    message: str
    digest: bytes
    payment_id: int


class ClaimedMerchant(msgspec.Struct, frozen=True, kw_only=True):
    """`merchantInfo` as the app sent it: compared with the QR, never believed. Empty means not sent."""

    acquirer_iin: str = ""
    forwarding_iin: str = ""
    merchant_id: str = ""
    name: str = ""
    mcc: str = ""


class MerchantQrPayment(msgspec.Struct, frozen=True, kw_only=True):
    """MPQRC_PAYMENT_EMV as asked. Amounts are wire text: the currency decides what they mean."""

    device_id: str
    user_id: str
    token: Token
    amount: str
    currency: str
    qr_payload: str
    fee: str = ""
    coupon: str = ""
    note: str = ""
    claimed_merchant: ClaimedMerchant | None = None


class ResultInquiry(msgspec.Struct, frozen=True, kw_only=True):
    """TRX_RESULT_INQUIRY of a gateway or an acquirer."""

    orig_msg_id: str
    orig_message: str
    device_id: str = ""
    user_id: str = ""
    token: Token | None = None
