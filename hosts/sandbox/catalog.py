"""Who can be asked what, and where: the partners' view of the message names and paths (PROTOCOL section 0, 1.7; RULES 15)."""

from __future__ import annotations

from typing import Final

from unionhub.domain.model.parties import Role

RECEIVED_BY: Final[dict[Role, tuple[str, ...]]] = {
    Role.APP_GATEWAY: ("TRX_RESULT_NOTIFICATION", "ADDITIONAL_PROCESSING"),
    Role.ISSUER: (
        "DEBIT_TRANSACTION",
        "REVERSAL",
        "TRX_RESULT_INQUIRY",
        "CREDIT_TRANSACTION",
        "P2P_TRANSFER",
        "KYC_VERIFICATION",
        "OPEN_ACCOUNT",
        "BALANCE_INQUIRY",
        "GET_CASH_OUT_TOKEN",
        "OTP_DELIVERY",
    ),
    Role.ACQUIRER: (
        "MERCHANT_VERIFICATION",
        "TRX_RESULT_NOTIFICATION",
        "PLACE_ORDER",
        "PAY",
        "TRX_RESULT_INQUIRY",
        "REVERSAL",
        "REFUND",
    ),
    Role.CHANNEL: ("GET_CARD_LIST", "GET_CARD_PAYLOAD", "PAYMENT_RESULT_NOTICE"),
    Role.INDUSTRY: ("INDUSTRY_LOGIN_INFO", "PAYMENT_RESULT_NOTICE"),
    Role.QR_PLATFORM: ("RESOLVE", "TRX_RESULT_NOTIFICATION"),
}
"""What the hub calls at each role: the messages that can be made to fail there."""

SCIS, UCSP = "SCIS", "UCSP"
"""The two platforms that the hub is."""

FLAT_ROLES: Final = frozenset({Role.CHANNEL, Role.INDUSTRY})
"""Roles that the hub speaks UCSP's flat form with: msgID beside the other members, no msgInfo and trxInfo."""

_TO_DOWNSTREAM: Final = frozenset({"PLACE_ORDER", "PAY", "TRX_RESULT_INQUIRY", "REVERSAL", "REFUND"})
"""What UCSP asks of acquirers; SCIS asks them other things, and is asked some of these by them."""

_SCIS: Final[dict[str, str]] = {
    "CVM_INQUIRY": "cvminquiry",
    "KYC_VERIFICATION": "kycverify",
    "OPEN_ACCOUNT": "openaccount",
    "CARD_ENROLLMENT": "cardenrollment",
    "CARDFACE_DOWNLOADING": "cardfacedownloading",
    "ACCOUNT_UPDATE_NOTIFICATION": "account_update_notification",
    "CARD_STATUS_MANAGEMENT": "cardstatusmgt",
    "CARD_STATUS_INQUIRY": "cardstatusinquiry",
    "CARD_BALANCE_INQUIRY": "cardbalanceinquiry",
    "EXCHANGE_RATE_INQUIRY": "exchangerateinquiry",
    "P2P_TRANSFER": "p2ptransfer",
    "QRC_GENERATION": "qrcgeneration",
    "ADDITIONAL_PROCESSING_RESULT": "additionalprocessingresult",
    "GET_CASH_OUT_TOKEN": "cashouttoken",
    "QRC_INFO_INQUIRY": "qrcinfoinquiry",
    "MPQRC_PAYMENT_EMV": "qremvpayment",
    "MPQRC_PAYMENT_URL": "qrurlpayment",
    "BILL_PAYMENT": "billpayment",
    "CREDIT_TRANSACTION": "credittransaction",
    "TRX_RESULT_INQUIRY": "trxresultinquiry",
    "OTP_REQUEST": "otprequest",
    "OTP_VERIFICATION": "otpverification",
}


def platform(role: Role, message: str, *, from_hub: bool) -> str:
    """Which of its two platforms the hub is in a message between it and a party of that role."""
    if role in FLAT_ROLES or message == "PAYMENT_RESULT":
        return UCSP
    return UCSP if role is Role.ACQUIRER and from_hub and message in _TO_DOWNSTREAM else SCIS


def joined(message: str) -> str:
    """The name as partners' paths carry it: lower case, no underscores."""
    return message.lower().replace("_", "")


def partner_path(message: str) -> str:
    """Where a partner is asked, below its base URL."""
    return f"/{joined(message)}"


def hub_path(role: Role, message: str) -> str:
    """Where the hub takes `message` from a partner of that role."""
    if message == "KEY_EXCHANGE":
        return "/uags/api/v1/exchange"
    if role in FLAT_ROLES or message == "PAYMENT_RESULT":
        return f"/ucsp/v1/{joined(message)}"
    if role is Role.ACQUIRER:
        return f"/scis/acquirer/{joined(message)}"
    return f"/scis/switch/{_SCIS.get(message, joined(message))}"
