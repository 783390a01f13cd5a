"""The response codes of SCIS (S-58..103) and, as a subset, of UCSP (RULES sections 8 and 10), in one table."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class AnswerKind(StrEnum):
    """What a code says of the money when the hub's own word on a payment is that code (RULES section 1)."""

    A = "approved"
    D = "declined: proven that nothing was booked"
    R = "declined at once, and a reversal follows unless nothing was sent or the bank's word proves enough"
    U = "unknown: the sender asks later, and is told"


class ResponseCode(msgspec.Struct, frozen=True):
    """A row: `text` is `responseMsg`, word for word as the seed spells it; `when` is this hub's condition, in our words."""

    code: str
    text: str
    kind: AnswerKind
    when: str


CODES: Final = (
    ResponseCode(
        "00",
        "Approved",
        AnswerKind.A,
        "Done and on record; of an inquiry, that it was answered: the payment's fate is its paymentStatus.",
    ),
    ResponseCode(
        "01",
        "Please refer to the card issuer",
        AnswerKind.D,
        "The issuer itself wants to be called; the hub never says so of its own.",
    ),
    ResponseCode(
        "02",
        "duplicated QRC transaction and expired QRC",
        AnswerKind.D,
        "The code is spent or too old: a consumer's code, a merchant's order, an inquiry before a URL payment.",
    ),
    ResponseCode(
        "03",
        "Invalid merchant",
        AnswerKind.D,
        "The code has no UnionPay account, the app names another merchant than it does, or nobody vouches for this one.",
    ),
    ResponseCode(
        "04",
        "Pending. Transaction result is unknown. Please check later.",
        AnswerKind.U,
        "Money or an account was asked for, and nothing proves what became of it; or the message is still under way.",
    ),
    ResponseCode(
        "05",
        "Cardholder verification fails.",
        AnswerKind.D,
        "The bank does not know this person as that one, or the cardholder refused to verify himself.",
    ),
    ResponseCode(
        "08",
        "TSP error",
        AnswerKind.D,
        "The token side cannot do its part: a number range is used up, or there is no key for a cryptogram.",
    ),
    ResponseCode(
        "12",
        "Invalid transaction",
        AnswerKind.D,
        "Well formed, but it makes no sense: another currency than the code's, a payment to oneself, undoing what never was.",
    ),
    ResponseCode(
        "13",
        "Invalid amount",
        AnswerKind.D,
        "Zero, finer than the currency, not what the code asks for, or more than is left to give back.",
    ),
    ResponseCode(
        "14",
        "Invalid card number",
        AnswerKind.D,
        "No such card, or another gateway's, which is not told apart; or no such payee.",
    ),
    ResponseCode(
        "15",
        "No such issuer",
        AnswerKind.D,
        "No live issuer behind this product or card, or it never authorised this app.",
    ),
    ResponseCode(
        "21",
        "Card status error",
        AnswerKind.D,
        "The holder suspended or deleted the card, the issuer closed it, or the status cannot be moved so.",
    ),
    ResponseCode(
        "25",
        "Unable to locate the original transaction",
        AnswerKind.D,
        "The message that is referred to was never sent by this sender, or is of another kind.",
    ),
    ResponseCode(
        "30",
        "Message format error",
        AnswerKind.D,
        "Not JSON, a field missing or wrong, a code that breaks its syntax; the field's path follows the text.",
    ),
    ResponseCode("32", "Exceed OTP max tries", AnswerKind.D, "The one-time password was wrong for the last time allowed."),
    ResponseCode("34", "Fraud card", AnswerKind.D, "Issuer or operator flagged the card as used by a fraudster."),
    ResponseCode(
        "40",
        "The transaction is not supported by the issuer.",
        AnswerKind.D,
        "The issuer does not do this message, this currency, or a transfer to another issuer's customer.",
    ),
    ResponseCode("41", "Lost card", AnswerKind.D, "The issuer has the card as lost."),
    ResponseCode("43", "Stolen card", AnswerKind.D, "The issuer has the card as stolen."),
    ResponseCode(
        "51",
        "Insufficient balance",
        AnswerKind.D,
        "The bank says that the account has less than that; the hub holds no balances.",
    ),
    ResponseCode("54", "Expired card.", AnswerKind.D, "Token or card number is past its expiry."),
    ResponseCode(
        "55",
        "Invalid device id",
        AnswerKind.D,
        "Card and user belong together, but this is not the device that it was issued to.",
    ),
    ResponseCode(
        "57",
        "Transaction not permitted to cardholder",
        AnswerKind.D,
        "The card is another user's, or the issuer forbids this kind of payment to its holder.",
    ),
    ResponseCode(
        "61",
        "Exceeds approval amount limit",
        AnswerKind.D,
        "Above the limit of one payment, of the day, or of the code that was shown.",
    ),
    ResponseCode(
        "62",
        "Restricted transaction",
        AnswerKind.D,
        "A rule of issuer or hub bars this merchant's kind or country, the account is restricted, or a party is not live.",
    ),
    ResponseCode(
        "70",
        "Validation error from issuer",
        AnswerKind.D,
        "The bank finds fault with the applicant's data or documents.",
    ),
    ResponseCode(
        "71",
        "Issuer declined",
        AnswerKind.R,
        "The issuer declined for a reason that has no nearer neighbour here; reversed where its word is not known to be final.",
    ),
    ResponseCode(
        "72",
        "Issuer verify mac failed",
        AnswerKind.R,
        "The bank refused the hub's own signature; reversed where it did so unsigned.",
    ),
    ResponseCode(
        "73",
        "Enrollment not found",
        AnswerKind.D,
        "No identification or enrolment of this app, user and device under that reference.",
    ),
    ResponseCode("74", "OTP expired", AnswerKind.D, "The one-time password is older than it lives."),
    ResponseCode("75", "Invalid OTP", AnswerKind.D, "The one-time password is wrong, and there are tries left."),
    ResponseCode("76", "OTP not found", AnswerKind.D, "No one-time password was asked for, or it was used already."),
    ResponseCode(
        "77",
        "IDV not set",
        AnswerKind.D,
        "A one-time password is wanted, and the bank knows no mobile number to send it to.",
    ),
    ResponseCode("78", "Duplicate request", AnswerKind.D, "Another message was sent under this msgID before."),
    ResponseCode(
        "88",
        "Card already provisioned",
        AnswerKind.D,
        "This user has a live card of this product on this account and device.",
    ),
    ResponseCode("89", "Card profile not found", AnswerKind.D, "No such product, or no such card face, for this app."),
    ResponseCode(
        "90",
        "The system is in cut-off.",
        AnswerKind.D,
        "The issuer or the operator has declared a cut-over; ordinary days change without it.",
    ),
    ResponseCode(
        "91",
        "Issuer system error",
        AnswerKind.R,
        "The bank says that it cannot, and is sent a reversal; or its circuit breaker is open and nothing was sent.",
    ),
    ResponseCode(
        "92", "Network error", AnswerKind.D, "The connection to the partner never stood: no byte of the request left."
    ),
    ResponseCode(
        "93",
        "Invalid enroll state",
        AnswerKind.D,
        "Out of order: the identification is refused, pending or used, or no one-time password is wanted.",
    ),
    ResponseCode(
        "94",
        "Duplicated transaction",
        AnswerKind.D,
        "The same business once more under another msgID: settlement key, bill number, a cardholder's answer.",
    ),
    ResponseCode(
        "95",
        "Enrolment timed out",
        AnswerKind.D,
        "The identification or enrolment waited longer than the product lets it.",
    ),
    ResponseCode(
        "96",
        "UnionPay system error",
        AnswerKind.D,
        "The hub itself cannot: its store or its bound on calls under way; nothing was sent to the bank.",
    ),
    ResponseCode(
        "98",
        "Timeout",
        AnswerKind.D,
        "A partner was silent on what moves no money, or the cardholder did not answer in time.",
    ),
    ResponseCode(
        "99",
        "Other error",
        AnswerKind.D,
        "The last barrier: an error nobody foresaw before anything was sent, or a bank's code that nobody knows on a question.",
    ),
    ResponseCode(
        "A0",
        "Signature verification fails.",
        AnswerKind.D,
        "Genuine, but it names another institution than its signer, or a sealed member does not open.",
    ),
)

RESPONSE_TEXTS: Final[dict[str, str]] = {row.code: row.text for row in CODES}
"""Code -> `responseMsg`."""

APPROVED: Final = "00"
PENDING: Final = "04"


def text_of(code: str, detail: str = "") -> str:
    """`responseMsg` of a code; a `detail` (a field path, only for `30`) follows after a colon, cut at 100 characters."""
    text = RESPONSE_TEXTS[code]
    return f"{text}: {detail}"[:100] if detail else text
