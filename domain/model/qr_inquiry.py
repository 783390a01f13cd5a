"""What the QR platform said about a URL-mode code, for as long as the payment may refer to it (RULES section 4)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from .money import Money
from .transactions import Merchant


class QrInquiry(msgspec.Struct, frozen=True, kw_only=True):
    """A QRC_INFO_INQUIRY that was answered `00`; (sender, msg_id) is what MPQRC_PAYMENT_URL calls origTrxMsgID."""

    sender: str
    msg_id: str
    user_id: str
    device_id: str
    qr_payload: str
    platform: str  # app_id
    currency: str
    amount: Money | None = None  # None: the payer types it in
    merchant: Merchant = Merchant()
    merchant_city: str = ""
    use_case: str = ""  # qrcUseCase
    asked_at: datetime
    valid_until: datetime
