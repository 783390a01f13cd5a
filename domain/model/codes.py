"""Codes that pay once: what a wallet shows (consumer QR), and what a cash machine takes (RULES section 4).

Of a consumer code its hash, token reference, ATC and UN are kept. The payload is track 2: it is recomputed, never stored.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from .money import Money


class CodeKind(StrEnum):
    CONSUMER_QR = "CONSUMER_QR"
    CASH_OUT = "CASH_OUT"


class OneTimeCode(msgspec.Struct, frozen=True, kw_only=True):
    """One code. `index` is the keyed hash of the EMV payload (or of the cash-out token), `barcode_index` of the 19 digits
    that pay in its place: whichever is scanned spends both."""

    code_id: int
    kind: CodeKind
    act_id: int  # the message that made it: a repeat gets the same codes
    position: int  # among those of that message, from 0
    card_id: int
    gateway: str
    user_id: str
    device_id: str
    index: bytes
    barcode_index: bytes | None = None
    barcode_sealed: bytes = b""  # of the barcode or the cash-out token, so that a repeat can be answered
    atc: int = 0
    unpredictable_number: bytes = b""
    made_at: datetime
    expires_at: datetime
    trx_limit: Money | None = None  # in the currency that the wallet chose (limitCurrency)
    cvm_limit: Money | None = None
    coupon: str = ""
    refer_no: str = ""

    @property
    def once_key(self) -> str:
        """Held for ever by the payment that used it."""
        return f"code:{self.code_id}"
