"""The response codes of SCIS (S-58..103) and, as a subset, of UCSP (RULES sections 8 and 10)."""

from __future__ import annotations

from typing import Final

RESPONSE_TEXTS: Final[dict[str, str]] = {
    "00": "Approved",
    "01": "Please refer to the card issuer",
    "02": "duplicated QRC transaction and expired QRC",
    "03": "Invalid merchant",
    "04": "Pending. Transaction result is unknown. Please check later.",
    "05": "Cardholder verification fails.",
    "08": "TSP error",
    "12": "Invalid transaction",
    "13": "Invalid amount",
    "14": "Invalid card number",
    "15": "No such issuer",
    "21": "Card status error",
    "25": "Unable to locate the original transaction",
    "30": "Message format error",
    "32": "Exceed OTP max tries",
    "34": "Fraud card",
    "40": "The transaction is not supported by the issuer.",
    "41": "Lost card",
    "43": "Stolen card",
    "51": "Insufficient balance",
    "54": "Expired card.",
    "55": "Invalid device id",
    "57": "Transaction not permitted to cardholder",
    "61": "Exceeds approval amount limit",
    "62": "Restricted transaction",
    "70": "Validation error from issuer",
    "71": "Issuer declined",
    "72": "Issuer verify mac failed",
    "73": "Enrollment not found",
    "74": "OTP expired",
    "75": "Invalid OTP",
    "76": "OTP not found",
    "77": "IDV not set",
    "78": "Duplicate request",
    "88": "Card already provisioned",
    "89": "Card profile not found",
    "90": "The system is in cut-off.",
    "91": "Issuer system error",
    "92": "Network error",
    "93": "Invalid enroll state",
    "94": "Duplicated transaction",
    "95": "Enrolment timed out",
    "96": "UnionPay system error",
    "98": "Timeout",
    "99": "Other error",
    "A0": "Signature verification fails.",
}
"""Code -> `responseMsg`, word for word as the seed spells it."""

APPROVED: Final = "00"
PENDING: Final = "04"


def text_of(code: str, detail: str = "") -> str:
    """`responseMsg` of a code; a `detail` (a field path, only for `30`) follows after a colon, cut at 100 characters."""
    text = RESPONSE_TEXTS[code]
    return f"{text}: {detail}"[:100] if detail else text
